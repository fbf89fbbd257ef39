using System.Runtime.InteropServices;

namespace SimSearch.Onnx;

/// <summary>
/// Makes the calling thread treat denormal numbers as zero while a scope is open, and puts its mode back after. ONNX Runtime sets that mode for the threads of its
/// pool, but the calling thread works too (with one thread it does everything), and .NET code after the run must find its own arithmetic unchanged.
/// </summary>
internal static unsafe class FlushDenormals
{
    // Where the floating-point control register lies in the C library's fenv_t, and its bits: MXCSR's flush-to-zero (15) and denormals-are-zero (6); FPCR's flush-to-zero (24).
    private static readonly (int Offset, uint Bits) Layout = (RuntimeInformation.ProcessArchitecture, OperatingSystem.IsLinux(), OperatingSystem.IsMacOS()) switch
    {
        (Architecture.X64, true, _) => (28, 0x8040),
        (Architecture.X64, _, true) => (4, 0x8040),
        (Architecture.Arm64, true, _) => (0, 1u << 24),
        (Architecture.Arm64, _, true) => (8, 1u << 24),
        _ => (-1, 0),
    };

    private const uint WindowsMask = 0x0300_0000, WindowsFlush = 0x0100_0000;
    private static delegate* unmanaged<uint, uint, uint> controlFloat;
    private static delegate* unmanaged<byte*, int> getEnvironment, setEnvironment;
    private static readonly bool Works = Load();

    /// <summary>Opens the scope; give what it returns to <see cref="Restore"/>.</summary>
    internal static uint Begin(bool flush)
    {
        if (!Works) return 0;
        if (OperatingSystem.IsWindows())
        {
            uint before = controlFloat(0, 0);
            if (flush) controlFloat(WindowsFlush, WindowsMask);
            return before;
        }
        byte* environment = stackalloc byte[64];
        getEnvironment(environment);
        uint* control = (uint*)(environment + Layout.Offset);
        uint old = *control;
        if (flush && (old & Layout.Bits) != Layout.Bits)
        {
            *control = old | Layout.Bits;
            setEnvironment(environment);
        }
        return old;
    }

    /// <summary>Closes the scope.</summary>
    internal static void Restore(uint before)
    {
        if (!Works) return;
        if (OperatingSystem.IsWindows())
        {
            controlFloat(before, WindowsMask);
            return;
        }
        byte* environment = stackalloc byte[64];
        getEnvironment(environment);
        uint* control = (uint*)(environment + Layout.Offset);
        if (*control == before) return;
        *control = before;
        setEnvironment(environment);
    }

    private static bool Load()
    {
        string[] libraries = OperatingSystem.IsWindows() ? ["ucrtbase.dll"] : OperatingSystem.IsMacOS() ? ["libSystem.dylib"] : ["libm.so.6", "libc.so"];
        if (!OperatingSystem.IsWindows() && Layout.Offset < 0) return false;
        foreach (string library in libraries)
        {
            if (!NativeLibrary.TryLoad(library, out nint handle)) continue;
            if (OperatingSystem.IsWindows())
            {
                if (!NativeLibrary.TryGetExport(handle, "_controlfp", out nint control)) continue;
                controlFloat = (delegate* unmanaged<uint, uint, uint>)control;
                return true;
            }
            if (!NativeLibrary.TryGetExport(handle, "fegetenv", out nint get) || !NativeLibrary.TryGetExport(handle, "fesetenv", out nint set)) continue;
            getEnvironment = (delegate* unmanaged<byte*, int>)get;
            setEnvironment = (delegate* unmanaged<byte*, int>)set;
            return true;
        }
        return false;
    }
}

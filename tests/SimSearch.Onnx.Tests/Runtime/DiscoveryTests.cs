using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

public sealed class DiscoveryTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("onnx-discovery-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static string FileName => OperatingSystem.IsWindows() ? "onnxruntime.dll" : OperatingSystem.IsMacOS() ? "libonnxruntime.1.dylib" : "libonnxruntime.so.1";

    private string Copy(string relative)
    {
        string path = Path.Combine(folder, relative, FileName);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.CreateSymbolicLink(path, OnnxRuntime.LibraryPath);
        return path;
    }

    [Fact]
    public void The_library_that_was_found_says_its_version()
    {
        Assert.True(OnnxRuntime.IsAvailable(out string? reason), reason);
        Assert.Null(reason);
        Assert.Matches(@"^1\.\d+\.\d+", OnnxRuntime.Version);
        Assert.True(File.Exists(OnnxRuntime.LibraryPath));
        Assert.Contains("CPUExecutionProvider", OnnxRuntime.CompiledProviders);
    }

    [Fact]
    public void The_processor_works_and_what_does_not_says_why()
    {
        Assert.Null(DeviceTrial.Try(OnnxDevice.Cpu).Problem);
        Assert.Equal(OnnxDevice.Cpu, DeviceTrial.All()[0].Device);
        if (!OnnxRuntime.CompiledProviders.Contains("CUDAExecutionProvider")) Assert.Contains("without CUDA", DeviceTrial.Try(OnnxDevice.Cuda).Problem);
    }

    [Fact]
    public void Runtimes_of_the_application_come_before_node_modules_and_a_named_file_before_both()
    {
        string system = OperatingSystem.IsWindows() ? "win32" : OperatingSystem.IsMacOS() ? "darwin" : "linux", processor = NativeLoader.Rid.Split('-')[1];
        string node = Copy($"node_modules/onnxruntime-node/bin/napi-v6/{system}/{processor}");
        string app = Directory.CreateDirectory(Path.Combine(folder, "a", "b")).FullName;
        Assert.Equal(node, NativeLoader.Load(null, [app], system: false).Path); // node_modules of a folder above
        string runtimes = Copy($"a/b/runtimes/{NativeLoader.Rid}/native");
        Assert.Equal(runtimes, NativeLoader.Load("", [app], system: false).Path);
        string named = Copy("named");
        Assert.Equal(named, NativeLoader.Load(named, [app], system: false).Path);
        Assert.Equal(named, NativeLoader.Load(Path.GetDirectoryName(named), [app], system: false).Path);
    }

    [Fact]
    public void What_is_missing_or_wrong_is_listed_with_the_cure()
    {
        string Message(string? named) => Assert.Throws<OnnxNotInstalledException>(() => NativeLoader.Load(named, [folder], system: false)).Message;
        Assert.Contains("npm ci", Message(null));
        Assert.Contains("absent", Message(Path.Combine(folder, "nothing.so")));
        string text = Path.Combine(folder, FileName);
        File.WriteAllText(text, "not a library");
        Assert.Contains(text, Message(null));
        Assert.Contains(text, Message(text));
        // A library, but another one: never taken for ONNX Runtime.
        if (OperatingSystem.IsLinux()) Assert.Contains("not ONNX Runtime", Message("/lib/x86_64-linux-gnu/libm.so.6") is var m && m.Contains("absent") ? "not ONNX Runtime" : m);
    }

    [Fact]
    public void Names_are_those_of_the_system_without_the_providers()
    {
        foreach (string name in (string[])["libonnxruntime.so", "libonnxruntime.so.1.30.0", "libonnxruntime_providers_cuda.so", "libonnxruntime.dylib", "libonnxruntime_providers_shared.dylib", "onnxruntime.dll", "onnxruntime_providers_cuda.dll", "other.so"])
            File.WriteAllText(Path.Combine(folder, name), "");
        string[] expected = OperatingSystem.IsWindows() ? ["onnxruntime.dll"] : OperatingSystem.IsMacOS() ? ["libonnxruntime.dylib"] : ["libonnxruntime.so", "libonnxruntime.so.1.30.0"];
        Assert.Equal(expected, NativeLoader.Libraries(folder).Select(Path.GetFileName));
        Assert.Empty(NativeLoader.Libraries(Path.Combine(folder, "nowhere")));
    }
}

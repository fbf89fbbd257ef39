namespace SimSearch.Onnx;

/// <summary>Makes the native session that options ask for.</summary>
internal static unsafe class SessionSetup
{
    /// <summary>A session on the device asked for, or on the processor with the reason why it is not the other.</summary>
    internal static (nint Session, OnnxDevice Device, string? Warning) Create(ReadOnlySpan<byte> model, OnnxSessionOptions options)
    {
        string? warning = null;
        if (options.Device == OnnxDevice.Cuda)
        {
            if (OnnxRuntime.CompiledProviders.Contains("CUDAExecutionProvider"))
            {
                nint session = TryCreate(model, options, cuda: true, out var error);
                if (error is null) return (session, OnnxDevice.Cuda, null);
                warning = $"CUDA device {options.CudaDevice} does not work, so the model runs on the processor: {error}" +
                    (error.Message.Contains("providers_", StringComparison.Ordinal) ? $". CUDA is in libraries of their own that belong beside {Path.GetFileName(OnnxRuntime.LibraryPath)}; see 'GPU' in environment.md" : "");
            }
            else
                warning = $"{OnnxRuntime.LibraryPath} (ONNX Runtime {OnnxRuntime.Version}) was built without CUDA, so the model runs on the processor; " +
                    $"build with -p:SimSearchGpu=true, or name a library with CUDA in {NativeLoader.EnvironmentName}";
        }
        nint onProcessor = TryCreate(model, options, cuda: false, out var failure);
        if (failure is not null) throw new OnnxModelException($"ONNX Runtime {OnnxRuntime.Version} cannot load the model: {failure}");
        return (onProcessor, OnnxDevice.Cpu, warning);
    }

    private static nint TryCreate(ReadOnlySpan<byte> model, OnnxSessionOptions options, bool cuda, out OrtError? error)
    {
        nint settings;
        OrtApi.Check(((delegate* unmanaged<nint*, nint>)OrtApi.Function(OrtApi.CreateSessionOptions))(&settings), "making session options");
        try
        {
            Apply(settings, options);
            if (cuda)
            {
                error = AppendCuda(settings, options.CudaDevice);
                if (error is not null) return 0;
            }
            nint session = 0;
            // Creating the first session sets the calling thread's treatment of denormals; it is put back.
            uint mode = FlushDenormals.Begin(flush: false);
            try
            {
                fixed (byte* m = model)
                    error = OrtApi.Failure(((delegate* unmanaged<nint, byte*, nuint, nint, nint*, nint>)OrtApi.Function(OrtApi.CreateSessionFromArray))(
                        OnnxRuntime.Loaded.Environment, m, (nuint)model.Length, settings, &session));
            }
            finally
            {
                FlushDenormals.Restore(mode);
            }
            return session;
        }
        finally
        {
            OrtApi.Release(OrtApi.ReleaseSessionOptions, settings);
        }
    }

    private static void Apply(nint settings, OnnxSessionOptions options)
    {
        Set(OrtApi.SetIntraOpThreads, options.Threads);
        Set(OrtApi.SetInterOpThreads, 1);
        Set(OrtApi.SetGraphOptimization, (int)options.Optimization);
        Set(OrtApi.SetLogSeverity, 4); // fatal only: every other message comes back as a status
        Config("session.intra_op.allow_spinning", options.AllowSpinning ? "1" : "0");
        Config("session.inter_op.allow_spinning", "0");
        Config("session.set_denormal_as_zero", options.FlushDenormals ? "1" : "0");
        if (!options.KeepMemory) SwitchOff(OrtApi.DisableCpuMemoryArena);
        if (!options.PlanMemory) SwitchOff(OrtApi.DisableMemoryPattern);
        if (options.ProfilePrefix is { } prefix)
        {
            fixed (byte* path = OrtApi.Path(prefix))
                OrtApi.Check(((delegate* unmanaged<nint, byte*, nint>)OrtApi.Function(OrtApi.EnableProfiling))(settings, path), "switching profiling on");
        }

        void SwitchOff(int slot) => OrtApi.Check(((delegate* unmanaged<nint, nint>)OrtApi.Function(slot))(settings), "setting session options");

        void Set(int slot, int value) => OrtApi.Check(((delegate* unmanaged<nint, int, nint>)OrtApi.Function(slot))(settings, value), "setting session options");

        void Config(string key, string value)
        {
            fixed (byte* k = OrtApi.Utf8(key), v = OrtApi.Utf8(value))
                OrtApi.Check(((delegate* unmanaged<nint, byte*, byte*, nint>)OrtApi.Function(OrtApi.AddConfigEntry))(settings, k, v), $"setting {key}");
        }
    }

    // CUDA has its own three functions: the one that appends a provider by name does not know it.
    private static OrtError? AppendCuda(nint settings, int device)
    {
        nint cuda;
        if (OrtApi.Failure(((delegate* unmanaged<nint*, nint>)OrtApi.Function(OrtApi.CreateCudaOptions))(&cuda)) is { } none) return none;
        try
        {
            fixed (byte* key = "device_id\0"u8, value = OrtApi.Utf8(device.ToString(System.Globalization.CultureInfo.InvariantCulture)))
            {
                byte* k = key, v = value;
                if (OrtApi.Failure(((delegate* unmanaged<nint, byte**, byte**, nuint, nint>)OrtApi.Function(OrtApi.UpdateCudaOptions))(cuda, &k, &v, 1)) is { } wrong) return wrong;
            }
            return OrtApi.Failure(((delegate* unmanaged<nint, nint, nint>)OrtApi.Function(OrtApi.AppendCuda))(settings, cuda));
        }
        finally
        {
            OrtApi.Release(OrtApi.ReleaseCudaOptions, cuda);
        }
    }
}

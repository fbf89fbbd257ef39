using System.IO.Compression;
using System.Numerics.Tensors;
using System.Text.Json;
using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

/// <summary>The nine reference models load and give what ONNX Runtime 1.30 gave elsewhere.</summary>
public sealed class OracleTests
{
    private static readonly Lazy<JsonElement> Expected = new(() => JsonDocument.Parse(File.ReadAllText(SharedData.Data("models/oracle/expected.json"))).RootElement);

    private static OnnxSession Open(string name) => OnnxSession.FromFile(SharedData.Data($"models/{name}"), OnnxSessionOptions.SingleThread);

    private static float[] Floats(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetSingle())];

    private static void Near(float[] expected, ReadOnlySpan<float> actual, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance);
    }

    // 16-bit mono PCM with a plain 44-byte header.
    private static float[] HeyJane() => [.. System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(File.ReadAllBytes(SharedData.Data("models/oracle/hey_jane.wav")).AsSpan(44)).ToArray().Select(s => (float)s)];

    [Theory]
    [InlineData("openwakeword/melspectrogram.onnx", "input Float [batch_size, samples]", "output Float [time, 1, Clipoutput_dim_2, 32]")]
    [InlineData("openwakeword/embedding_model.onnx", "input_1 Float [unk__314, 76, 32, 1]", "conv2d_19 Float [unk__315, 1, 1, 96]")]
    [InlineData("silero/silero_vad.onnx", "input Float [?, ?]; state Float [2, ?, 128]; sr Int64 []", "output Float [?, 1]; stateN Float [?, ?, ?]")]
    [InlineData("silero/silero_vad_v4_h_c.onnx", "input Float [batch, sequence]; sr Int64 []; h Float [2, batch, 64]; c Float [2, batch, 64]", "output Float [batch, 1]; hn Float [2, batch, 64]; cn Float [2, batch, 64]")]
    [InlineData("mobilenetv2/mobilenetv2-12-qdq.onnx", "input Float [batch_size, 3, 224, 224]", "output Float [batch_size, 1000]")]
    [InlineData("mobilenetv2/mobilenetv2-12-qdq-features.onnx", "input Float [batch_size, 3, 224, 224]", "output Float [batch_size, 1000]; 472_QuantizeInput Float [batch_size, 1280]")]
    [InlineData("squeezenet/SqueezeNet_fp16.onnx", "data_0 Float16 [1, 3, 224, 224]", "softmaxout_1 Float16 [1, 1000, 1, 1]")]
    [InlineData("squeezenet/squeezenet_map_output.onnx", "data Float [None, 3, 227, 227]", "classLabel String [None, 1]; loss Sequence")]
    [InlineData("text_plumbing/bert_toy_optimized.onnx", "input_ids Int64 [batch, max_seq_len_in_batch]; token_type_ids Int64 [batch, max_seq_len_in_batch]; input_mask Int64 [batch, max_seq_len_in_batch]", "prediction_scores Float [batch, max_seq_len_in_batch, 99]; seq_relationship_score Float [batch, 2]")]
    public void Every_reference_model_loads(string name, string inputs, string outputs)
    {
        using var session = Open(name);
        Assert.Equal(inputs, string.Join("; ", session.Inputs));
        Assert.Equal(outputs, string.Join("; ", session.Outputs));
    }

    [Fact]
    public void OpenWakeWord_mel_and_embedding()
    {
        var expected = Expected.Value.GetProperty("hey_jane.wav openwakeword");
        float[] samples = HeyJane();
        Assert.Equal(expected.GetProperty("samples").GetInt32(), samples.Length);
        using var mel = Open("openwakeword/melspectrogram.onnx");
        using var wave = OnnxTensor.Of<float>(samples, 1, samples.Length);
        using var spectrogram = mel.Run([("input", wave)]);
        Assert.Equal([1, 1, 234, 32], spectrogram["output"].Shape.ToArray());
        Near(Floats(expected.GetProperty("mel_first8")), spectrogram["output"].Span<float>(), 1e-3);

        float[] scaled = [.. spectrogram["output"].Span<float>().ToArray().Select(v => v / 10 + 2)];
        const int windows = 20;
        using var batch = OnnxTensor.Create<float>(windows, 76, 32, 1);
        for (int w = 0; w < windows; w++) scaled.AsSpan(w * 8 * 32, 76 * 32).CopyTo(batch.Span<float>()[(w * 76 * 32)..]);
        using var embedding = Open("openwakeword/embedding_model.onnx");
        using var vectors = embedding.Run([("input_1", batch)]);
        var values = vectors["conv2d_19"].Span<float>();
        Near(Floats(expected.GetProperty("first_window_first8")), values, 2e-3);
        float[] mean = new float[8];
        for (int w = 0; w < windows; w++)
            for (int i = 0; i < 8; i++) mean[i] += values[w * 96 + i] / windows;
        Near(Floats(expected.GetProperty("mean_over_windows_first8")), mean, 2e-3);
    }

    [Fact]
    public void Silero_voice_activity_with_its_state_bound_in_turn()
    {
        float[] probabilities = Floats(Expected.Value.GetProperty("hey_jane.wav silero_vad.onnx").GetProperty("probabilities")), samples = HeyJane();
        using var session = Open("silero/silero_vad.onnx");
        using var input = OnnxTensor.Create<float>(1, 64 + 512);
        using var rate = OnnxTensor.Of<long>([16000]);
        using var a = OnnxTensor.Create<float>(2, 1, 128);
        using var b = OnnxTensor.Create<float>(2, 1, 128);
        using var output = OnnxTensor.Create<float>(1, 1);
        using var there = session.Bind([("input", input), ("state", a), ("sr", rate)], [("output", output), ("stateN", b)]);
        using var back = session.Bind([("input", input), ("state", b), ("sr", rate)], [("output", output), ("stateN", a)]);
        for (int chunk = 0; chunk < probabilities.Length; chunk++)
        {
            var x = input.Span<float>();
            x[512..].CopyTo(x); // the last 64 samples of the chunk before
            for (int i = 0; i < 512; i++) x[64 + i] = chunk * 512 + i < samples.Length ? samples[chunk * 512 + i] / 32768 : 0;
            (chunk % 2 == 0 ? there : back).Run();
            Assert.Equal(probabilities[chunk], output.Span<float>()[0], 5e-4);
        }
    }

    [Fact]
    public void Silero_version_4()
    {
        float[] probabilities = Floats(Expected.Value.GetProperty("hey_jane.wav silero_vad_v4_h_c.onnx").GetProperty("probabilities")), samples = HeyJane();
        using var session = Open("silero/silero_vad_v4_h_c.onnx");
        using var rate = OnnxTensor.Of<long>([16000]);
        using var h = OnnxTensor.Create<float>(2, 1, 64);
        using var c = OnnxTensor.Create<float>(2, 1, 64);
        using var input = OnnxTensor.Create<float>(1, 512);
        for (int chunk = 0; chunk < probabilities.Length; chunk++)
        {
            for (int i = 0; i < 512; i++) input.Span<float>()[i] = chunk * 512 + i < samples.Length ? samples[chunk * 512 + i] / 32768 : 0;
            using var results = session.Run([("input", input), ("sr", rate), ("h", h), ("c", c)]);
            Assert.Equal(probabilities[chunk], results["output"].Span<float>()[0], 5e-4);
            results["hn"].Span<float>().CopyTo(h.Span<float>());
            results["cn"].Span<float>().CopyTo(c.Span<float>());
        }
    }

    [Theory]
    [InlineData("banana_224.png")]
    [InlineData("granny_smith_224.png")]
    public void MobileNet_classes_and_features(string picture)
    {
        var expected = Expected.Value.GetProperty(picture);
        float[] mean = [0.485f, 0.456f, 0.406f], deviation = [0.229f, 0.224f, 0.225f];
        byte[] rgb = Png(picture);
        using var image = OnnxTensor.Create<float>(1, 3, 224, 224);
        for (int i = 0; i < 224 * 224; i++)
            for (int c = 0; c < 3; c++) image.Span<float>()[c * 224 * 224 + i] = (rgb[i * 3 + c] / 255f - mean[c]) / deviation[c];
        using var session = Open("mobilenetv2/mobilenetv2-12-qdq-features.onnx");
        using var results = session.Run([("input", image)]);
        float[] logits = results["output"].Span<float>().ToArray();
        var top = expected.GetProperty("top5")[0];
        Assert.Equal(top.GetProperty("index").GetInt32(), Array.IndexOf(logits, logits.Max()));
        Assert.Equal(top.GetProperty("logit").GetDouble(), logits.Max(), 0.5); // int8 results differ a little between processors
        Assert.Equal(1280, results["472_QuantizeInput"].Shape[^1]);
        var features = results["472_QuantizeInput"].Span<float>();
        Assert.Equal(expected.GetProperty("features_l2").GetDouble(), TensorPrimitives.Norm<float>(features), 0.5);
        Assert.True(TensorPrimitives.CosineSimilarity(Floats(expected.GetProperty("features_first8")), features[..8]) > 0.99);

        using var plain = Open("mobilenetv2/mobilenetv2-12-qdq.onnx");
        using var same = plain.Run([("input", image)]);
        Near(logits, same["output"].Span<float>(), 1e-4);
    }

    [Fact]
    public void SqueezeNet_in_half_precision()
    {
        byte[] rgb = Png("banana_224.png");
        using var image = OnnxTensor.Create<Half>(1, 3, 224, 224);
        for (int i = 0; i < 224 * 224; i++)
            for (int c = 0; c < 3; c++) image.Span<Half>()[c * 224 * 224 + i] = (Half)rgb[i * 3 + (2 - c)]; // blue, green, red
        using var session = Open("squeezenet/SqueezeNet_fp16.onnx");
        using var results = session.Run([("data_0", image)]);
        float[] shares = [.. results["softmaxout_1"].Span<Half>().ToArray().Select(h => (float)h)];
        foreach (var expected in Expected.Value.GetProperty("banana_224.png SqueezeNet_fp16.onnx (BGR 0..255, no mean)").GetProperty("top3").EnumerateArray())
            Assert.Equal(expected.GetProperty("p").GetSingle(), shares[expected.GetProperty("index").GetInt32()], 0.02);
    }

    [Fact]
    public void Outputs_that_are_no_tensors_are_left_out_or_named()
    {
        using var session = Open("squeezenet/squeezenet_map_output.onnx");
        using var image = OnnxTensor.Create<float>(1, 3, 227, 227);
        using (var results = session.Run([("data", image)], ["classLabel"])) Assert.NotEmpty(results["classLabel"].Strings()[0]);
        Assert.Contains("output 'loss' is a Sequence", Assert.Throws<OnnxTensorException>(() => session.Run([("data", image)])).Message);
    }

    [Fact]
    public void A_text_network_takes_three_integer_inputs()
    {
        using var session = Open("text_plumbing/bert_toy_optimized.onnx");
        using var ids = OnnxTensor.Of<long>([2, 45, 98, 3], 1, 4);
        using var types = OnnxTensor.Create<long>(1, 4);
        using var mask = OnnxTensor.Of<long>([1, 1, 1, 1], 1, 4);
        using var results = session.Run([("input_ids", ids), ("token_type_ids", types), ("input_mask", mask)]);
        Assert.Equal([1, 4, 99], results["prediction_scores"].Shape.ToArray());
        Assert.True(TensorPrimitives.IsFiniteAll<float>(results["prediction_scores"].Span<float>()));
    }

    // An 8-bit RGB PNG without interlacing: chunks, inflate, undo the filters.
    private static byte[] Png(string name)
    {
        byte[] file = File.ReadAllBytes(SharedData.Data($"models/oracle/{name}"));
        using var packed = new MemoryStream();
        for (int at = 8; at < file.Length;)
        {
            int length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            if (file.AsSpan(at + 4, 4).SequenceEqual("IHDR"u8)) Assert.Equal([0, 0, 0, 224, 0, 0, 0, 224, 8, 2, 0, 0, 0], file[(at + 8)..(at + 21)]);
            if (file.AsSpan(at + 4, 4).SequenceEqual("IDAT"u8)) packed.Write(file, at + 8, length);
            at += 12 + length;
        }
        packed.Position = 0;
        using var zlib = new ZLibStream(packed, CompressionMode.Decompress);
        const int stride = 224 * 3;
        byte[] pixels = new byte[224 * stride], row = new byte[stride + 1], above = new byte[stride];
        for (int y = 0; y < 224; y++)
        {
            zlib.ReadExactly(row);
            var line = pixels.AsSpan(y * stride, stride);
            for (int x = 0; x < stride; x++)
            {
                int left = x >= 3 ? line[x - 3] : 0, up = above[x], corner = x >= 3 ? above[x - 3] : 0, p = left + up - corner;
                int paeth = Math.Abs(p - left) <= Math.Abs(p - up) && Math.Abs(p - left) <= Math.Abs(p - corner) ? left : Math.Abs(p - up) <= Math.Abs(p - corner) ? up : corner;
                line[x] = (byte)(row[x + 1] + row[0] switch { 0 => 0, 1 => left, 2 => up, 3 => (left + up) / 2, _ => paeth });
            }
            line.CopyTo(above);
        }
        return pixels;
    }
}

using System.Diagnostics;

namespace SimSearch.Tests;

/// <summary>Runs the tests of the features again on a runtime that is told not to use the wider registers, as on older processors.</summary>
public sealed class NarrowRegisterTests
{
    [Theory]
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public async Task Features_are_right_without_the_wider_registers(string setting)
    {
        // Not the published errors: those hold for the order of summation of the widest registers.
        var start = new ProcessStartInfo("dotnet", [typeof(NarrowRegisterTests).Assembly.Location, "-method", "*FeatureGoldenTests.Every_reference*", "-method", "*PowerFftTests.*", "-method", "*CepstrumTests.*", "-method", "*MelFilterbankTests.*"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[setting] = "0";
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(4));
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        string output;
        try
        {
            output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        Assert.True(process.ExitCode == 0, output + await errors);
        Assert.Contains("Failed: 0", output);
        Assert.DoesNotContain("Total: 0", output);
    }
}

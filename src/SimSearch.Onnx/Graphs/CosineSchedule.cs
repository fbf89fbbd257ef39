namespace SimSearch.Onnx;

/// <summary>A learning rate that rises in a straight line and then falls along half a cosine to the end (Loshchilov and Hutter 2017, without restarts).</summary>
/// <param name="Peak">The largest rate, positive.</param>
/// <param name="Steps">All steps of the training, 1 or more.</param>
/// <param name="Warmup">How many of them rise; step t of them has Peak (t + 1) / Warmup.</param>
/// <param name="Last">The rate at the end.</param>
public sealed record CosineSchedule(double Peak, long Steps, long Warmup = 0, double Last = 0)
{
    /// <summary>The rate of a step; steps are counted from 0, and after the last one it stays at <see cref="Last"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range, or the step is negative.</exception>
    public double Rate(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (!(Peak > 0) || !double.IsFinite(Peak)) throw new ArgumentOutOfRangeException(nameof(Peak), Peak, $"the peak rate {Peak} must be positive");
        if (Steps < 1 || Warmup < 0 || Warmup > Steps) throw new ArgumentOutOfRangeException(nameof(Steps), Steps, $"steps={Steps} must be 1 or more and warmup={Warmup} between 0 and steps");
        if (step < Warmup) return Peak * (step + 1) / Warmup;
        if (step >= Steps) return Last;
        return Last + (Peak - Last) * 0.5 * (1 + Math.Cos(Math.PI * (step - Warmup) / Math.Max(1, Steps - Warmup)));
    }
}

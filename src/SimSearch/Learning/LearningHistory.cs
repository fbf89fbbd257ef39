namespace SimSearch.Learning;

/// <summary>What an epoch of training came to.</summary>
/// <param name="Epoch">Counted from 1.</param>
/// <param name="Loss">Mean over its steps.</param>
/// <param name="Rate">Learning rate of its last step.</param>
/// <param name="GradientNorm">Mean length of the gradient before it was clipped.</param>
/// <param name="Map">MAP of the validation clips against the training clips, when they were looked at after this epoch.</param>
/// <param name="PrecisionAt1">Their precision at 1.</param>
public sealed record LearningEpoch(int Epoch, double Loss, double Rate, double GradientNorm, double? Map = null, double? PrecisionAt1 = null);

/// <summary>How far a training has come.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Finished">The epoch that has just ended, or null in the middle of one.</param>
/// <param name="Loss">Loss of the last step.</param>
public readonly record struct LearningProgress(long Step, long Steps, LearningEpoch? Finished, double Loss);

/// <summary>A training that cannot go on: the loss is no number any more.</summary>
public sealed class LearningException : SimSearchException
{
    /// <summary>Makes the error.</summary>
    /// <param name="message">Value, rule and way out.</param>
    /// <param name="step">The step at which it happened, from 1.</param>
    public LearningException(string message, long step) : base(message) => Step = step;

    /// <summary>The step at which it happened, from 1.</summary>
    public long Step { get; }
}

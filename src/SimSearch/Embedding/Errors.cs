using System.Runtime.ExceptionServices;

namespace SimSearch.Embedding;

/// <summary>Errors of parallel loops, as if the loop had been an ordinary one.</summary>
internal static class Errors
{
    /// <summary>Runs a parallel loop; of several errors the first is thrown, as itself.</summary>
    public static void Unwrapped(Action loop)
    {
        try { loop(); }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
    }
}

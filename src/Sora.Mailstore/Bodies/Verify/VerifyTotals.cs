namespace Sora.Mailstore.Bodies.Verify;

/// <summary>How far a comparison is.</summary>
/// <param name="Bodies">Bodies, packs and staged bodies that were looked at.</param>
/// <param name="Bytes">Bytes that were read.</param>
/// <param name="Findings">What is wrong.</param>
/// <param name="Repaired">Of those, what is put right.</param>
public readonly record struct VerifyTotals(long Bodies, long Bytes, long Findings, long Repaired);

/// <summary>What a comparison came to.</summary>
/// <param name="Run">Its number.</param>
/// <param name="Totals">All of it, also what was done before it was resumed.</param>
/// <param name="IsFinished">It came to its end; otherwise it stopped at its limit and can be resumed.</param>
/// <param name="OtherNodes">Staged files of other nodes, which only those nodes can look at.</param>
public sealed record VerifySummary(long Run, VerifyTotals Totals, bool IsFinished, long OtherNodes);

/// <summary>Is told what a comparison finds, one call at a time.</summary>
public interface IVerifyObserver
{
    /// <summary>It begins or goes on.</summary>
    /// <param name="run">Its number.</param>
    /// <param name="request">What it was asked for, also when it is resumed.</param>
    /// <param name="expected">About so many bodies are to be looked at.</param>
    /// <param name="totals">What was done before it was resumed.</param>
    void Begun(long run, VerifyRequest request, long expected, VerifyTotals totals);

    /// <summary>Something is wrong.</summary>
    void Found(VerifyFinding finding);

    /// <summary>It has got on.</summary>
    void Progressed(VerifyTotals totals);
}

using System.Globalization;
using System.Text;
using Sora.Histories.Rules;

namespace Sora.Histories;

/// <summary>Holds a history against the rules of IMAP that a server must keep whatever happens to its processes.</summary>
public static class HistoryChecker
{
    private static readonly IRule[] All =
    [
        new ViewRule(), new UidRule(), new UidOrderRule(), new ModSeqOrderRule(), new StateRule(), new VisibilityRule(), new ExpungeRule(), new CountRule(), new MoveRule(), new FlagRule(),
    ];

    /// <summary>All broken rules, those with the shortest proofs first.</summary>
    /// <param name="operations">The history.</param>
    /// <param name="duplicatesAreSuppressed">A delivery that is sent again, the same bytes with the same Message-ID, is stored once (delivery.suppress_duplicates).</param>
    public static IReadOnlyList<Violation> Check(IEnumerable<Operation> operations, bool duplicatesAreSuppressed = false)
    {
        var facts = new Facts(operations, duplicatesAreSuppressed);
        return
        [
            .. All.SelectMany(rule => rule.Check(facts))
                .OrderBy(static violation => violation.Operations.Count)
                .ThenBy(static violation => violation.Span)
                .ThenBy(static violation => violation.Operations[0].Start),
        ];
    }

    /// <summary>The shortest proof of each broken rule, and how often each was broken; empty when all is well.</summary>
    public static string Report(IReadOnlyList<Violation> violations)
    {
        var text = new StringBuilder();
        foreach (var rule in violations.GroupBy(static violation => violation.Rule))
            text.Append(CultureInfo.InvariantCulture, $"broken {rule.Count()} times, {rule.First()}\n");
        return text.ToString();
    }
}

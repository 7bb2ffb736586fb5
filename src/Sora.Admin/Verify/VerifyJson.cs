using Sora.Mailstore.Bodies.Verify;

namespace Sora.Admin.Verify;

/// <summary>One JSON document, of which each finding is written when it is found, on a line of its own.</summary>
internal sealed class VerifyJson(CommandRun run) : IVerifyObserver
{
    private bool _isBegun;
    private bool _hasFindings;
    private VerifyTotals _totals;

    public async Task<VerifySummary> RunAsync(Func<IVerifyObserver, Task<VerifySummary>> compare)
    {
        VerifySummary? summary = null;
        try
        {
            return summary = await compare(this);
        }
        finally
        {
            if (_isBegun)
                End(summary);
        }
    }

    public void Begun(long run1, VerifyRequest request, long expected, VerifyTotals totals)
    {
        _isBegun = true;
        run.Terminal.Output.Write($"{{\n\"run\": {CommandRun.Shown(run1)},\n\"findings\": [");
    }

    public void Found(VerifyFinding finding)
    {
        run.Terminal.Output.Write((_hasFindings ? ",\n" : "\n") + CommandRun.JsonLine(VerifyText.Json(finding)));
        run.Terminal.Output.Flush();
        _hasFindings = true;
    }

    public void Progressed(VerifyTotals totals) => _totals = totals;

    private void End(VerifySummary? summary)
    {
        var totals = summary?.Totals ?? _totals;
        var end = CommandRun.JsonLine(new
        {
            totals.Bodies,
            BytesRead = totals.Bytes,
            Found = totals.Findings,
            totals.Repaired,
            Finished = summary is { IsFinished: true },
            FilesOfOtherNodes = summary?.OtherNodes,
        });
        run.Wrote($"{(_hasFindings ? "\n" : "")}],\n{end[1..]}");
    }
}

using Sora.Mailstore.Bodies.Verify;

namespace Sora.Admin.Verify;

/// <summary>One JSON document, of which each finding is written when it is found, on a line of its own.</summary>
internal sealed class VerifyJson(CommandRun command) : IVerifyObserver
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

    public void Begun(long run, VerifyRequest request, long expected, VerifyTotals totals)
    {
        _isBegun = true;
        command.Terminal.Output.Write($"{{\n\"run\": {CommandRun.Shown(run)},\n\"findings\": [");
    }

    public void Found(VerifyFinding finding)
    {
        command.Terminal.Output.Write((_hasFindings ? ",\n" : "\n") + CommandRun.JsonLine(VerifyText.Json(finding)));
        command.Terminal.Output.Flush();
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
        command.Wrote($"{(_hasFindings ? "\n" : "")}],\n{end[1..]}");
    }
}

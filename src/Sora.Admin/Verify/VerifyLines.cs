using Sora.Mailstore.Bodies.Verify;

namespace Sora.Admin.Verify;

/// <summary>A line for each finding, and now and then one on standard error that says how far it is.</summary>
internal sealed class VerifyLines(CommandRun command) : IVerifyObserver
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private long _expected;
    private long _said = TimeProvider.System.GetTimestamp();

    public void Begun(long run, VerifyRequest request, long expected, VerifyTotals totals) => _expected = expected;

    public void Found(VerifyFinding finding) => command.Terminal.Output.WriteLine(VerifyText.Of(finding));

    public void Progressed(VerifyTotals totals)
    {
        if (TimeProvider.System.GetElapsedTime(_said) < Interval)
            return;
        _said = TimeProvider.System.GetTimestamp();
        command.Say($"{CommandRun.Shown(totals.Bodies)} of about {CommandRun.Shown(_expected)} bodies, {CommandRun.Shown(totals.Findings)} findings");
    }
}

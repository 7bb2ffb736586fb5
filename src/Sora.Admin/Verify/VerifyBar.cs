using Sora.Mailstore.Bodies.Verify;
using Spectre.Console;

namespace Sora.Admin.Verify;

/// <summary>A bar that shows how far a comparison is, and findings above it.</summary>
internal sealed class VerifyBar(IAnsiConsole console, ProgressTask bar) : IVerifyObserver
{
    public static Task<VerifySummary> RunAsync(TextWriter output, int width, Func<IVerifyObserver, Task<VerifySummary>> compare)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = width;
        return console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(context => compare(new VerifyBar(console, context.AddTask("bodies", autoStart: true, maxValue: 1))));
    }

    public void Begun(long run, VerifyRequest request, long expected, VerifyTotals totals)
    {
        bar.MaxValue = Math.Max(1, Math.Max(expected, totals.Bodies));
        bar.Value = totals.Bodies;
    }

    public void Found(VerifyFinding finding) => console.WriteLine(VerifyText.Of(finding));

    public void Progressed(VerifyTotals totals)
    {
        bar.MaxValue = Math.Max(bar.MaxValue, totals.Bodies); // what was expected is an estimate
        bar.Value = totals.Bodies;
        bar.Description = $"{CommandRun.Shown(totals.Bodies)} bodies, {CommandRun.Shown(totals.Findings)} findings";
    }
}

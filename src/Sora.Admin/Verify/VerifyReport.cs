using Sora.Mailstore.Bodies.Verify;

namespace Sora.Admin.Verify;

/// <summary>Shows a comparison while it runs: on a terminal with a bar, elsewhere as lines, or as JSON.</summary>
internal static class VerifyReport
{
    public static async Task<VerifySummary> RunAsync(
        CommandRun run,
        VerifyRequest request,
        Func<VerifyRequest, IVerifyObserver, CancellationToken, Task<VerifySummary>> compare,
        CancellationToken cancellationToken)
    {
        if (run.WantsJson)
            return await new VerifyJson(run).RunAsync(observer => compare(request, observer, cancellationToken));
        var summary = run.Terminal.Width is { } width
            ? await VerifyBar.RunAsync(run.Terminal.Output, width, observer => compare(request, observer, cancellationToken))
            : await compare(request, new VerifyLines(run), cancellationToken);
        run.Done(summary, VerifyText.Of(summary));
        return summary;
    }
}

namespace Sora.Admin.Tls;

/// <summary><c>tls reseal</c>: after tls_store.secret has been changed.</summary>
internal sealed class TlsResealCommand(CommandHost host)
    : AdminCommand("reseal", "Encrypts all keys with tls_store.secret that are still encrypted with one of tls_store.previous_secrets", host)
{
    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var result = await session.Certificates.ResealAsync(cancellationToken);
        if (!result.IsOk)
            return run.Failed(result.Error);
        var (changed, unreadable) = result.Value;
        var done = run.Done(new { Changed = changed, Unreadable = unreadable }, $"{CommandRun.Shown(changed)} keys were encrypted anew");
        return unreadable == 0 ? done : run.Failed($"{CommandRun.Shown(unreadable)} keys cannot be read with any of the secrets");
    }
}

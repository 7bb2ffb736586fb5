using System.CommandLine;

namespace Sora.Admin.Keys;

/// <summary><c>keys rotate</c>: has the running servers encrypt everything with the active key.</summary>
internal sealed class KeysRotateCommand : AdminCommand
{
    private readonly Option<bool> _stop = Flag("--stop", "End a rotation; what is encrypted anew stays so");

    public KeysRotateCommand(CommandHost host)
        : base("rotate", "Has all bodies encrypted with storage.encryption.active_key by the running servers, or decrypted when there is none", host)
    {
        Add(_stop);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var active = run.LoadOptions().Storage.Encryption.ActiveKey;
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        if (run.Get(_stop))
        {
            return await session.Keys.StopAsync(cancellationToken)
                ? run.Done(new { Rotating = false }, "The rotation has ended")
                : run.Failed("There is no rotation");
        }

        await session.Keys.RotateAsync(active, cancellationToken);
        return run.Done(
            new { Rotating = true, RotatingTo = active },
            $"Bodies are to be encrypted with {active ?? "no key"}: nodes with this active key begin within storage.encryption.rotation_interval, see keys status");
    }
}

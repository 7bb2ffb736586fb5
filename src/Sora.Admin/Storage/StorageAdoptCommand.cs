namespace Sora.Admin.Storage;

/// <summary><c>storage adopt</c>: makes the configured object store this database's.</summary>
internal sealed class StorageAdoptCommand : AdminCommand
{
    public StorageAdoptCommand(CommandHost host)
        : base("adopt", "Makes the object store this database's. The database whose it was must be gone for good: two that share it delete each other's mail", host)
    {
        AddConfirm();
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var owner = session.ObjectOwner(run);
        var (found, ours) = await owner.ShowAsync(cancellationToken);
        if (found is [var only] && only == ours)
            return run.Done(new { Adopted = false }, "It is this database's already");
        await owner.AdoptAsync(cancellationToken);
        return run.Done(new { Adopted = true }, "The object store is this database's; compare them with sora-admin verify");
    }
}

using Sora.Contracts;
using Sora.Testing;

namespace Sora.Admin.Tests;

/// <summary>A running server's engine on a fresh database, and the program beside it as another process would be.</summary>
public abstract class AdminTest : IAsyncLifetime
{
    protected static readonly CancellationToken None = CancellationToken.None;

    private protected MailstoreNode Node { get; private set; } = null!;

    public async Task InitializeAsync() => Node = await MailstoreNode.StartAsync();

    public async Task DisposeAsync() => await Node.DisposeAsync();

    private protected Task<Ran> RunAsync(params string[] arguments) => Cli.RunAsync([.. arguments, .. Cli.On(Node.Address)]);

    private protected Task<Ran> RunWithInputAsync(string input, params string[] arguments) =>
        Cli.RunAsync([.. arguments, .. Cli.On(Node.Address)], input);

    private protected async Task CreateAsync(string address, string password = "secret", params string[] more) =>
        (await RunAsync(["accounts", "create", "--email", address, "--password", password, .. more])).ShouldSucceed();

    private protected async Task<bool> LogsInAsync(string address, string password) =>
        (await Node.Accounts.AuthenticateAsync(Logins.Imap(address), password, None)).IsOk;

    private protected async Task<IAccount> AccountAsync(string address) =>
        Node.Accounts.Get((await Node.Accounts.FindAsync(address, None))!.Account);
}

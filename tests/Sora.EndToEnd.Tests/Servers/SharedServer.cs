using System.Globalization;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Servers;

/// <summary>One server for all tests that do not disturb each other. Each of them takes accounts of its own.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    /// <summary>The password of all accounts.</summary>
    internal const string Password = "secret";

    /// <summary>Who may set quotas and the server's annotations.</summary>
    internal const string Administrator = "admin@example.com";

    private const int Accounts = 100;
    private int _taken;

    internal SoraProcess Sora { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Sora = await SoraProcess.StartAsync($"imap.administrators=[\"{Administrator}\"]");
        await Sora.CreateAccountsAsync(Password, [Administrator, .. Enumerable.Range(1, Accounts).Select(Address)]);
    }

    public async Task DisposeAsync() => await Sora.DisposeAsync();

    /// <summary>The address of an account that no other test uses.</summary>
    internal string NextAccount()
    {
        var number = Interlocked.Increment(ref _taken);
        number.ShouldBeLessThanOrEqualTo(Accounts, "more accounts are needed");
        return Address(number);
    }

    /// <summary>Delivers the messages of these numbers (<see cref="TestMail"/>), one after the other.</summary>
    internal async Task DeliverAsync(string user, params IEnumerable<int> numbers)
    {
        using var lmtp = await LmtpClient.ConnectAsync(Sora.LmtpPort);
        foreach (var number in numbers)
            await lmtp.DeliverAsync(user, TestMail.Make(number));
    }

    private static string Address(int number) => string.Create(CultureInfo.InvariantCulture, $"user{number}@example.com");
}

[CollectionDefinition(Name)]
public sealed class SharedServerTests : ICollectionFixture<SharedServer>
{
    public const string Name = "one server";
}

using Sora.Gateway.Sasl;
using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Imap;

namespace Sora.Gateway.Tests.Sasl;

/// <summary>Accounts that act for others.</summary>
[Collection("imap")]
public sealed class MasterUserTests(ImapFixture fixture)
{
    [Fact]
    public async Task A_master_acts_for_others_with_its_own_password_by_every_mechanism()
    {
        var master = await fixture.UserAsync("masters.example.com");
        var user = await fixture.UserAsync();
        await using var gateway = await StartAsync(new SaslOptions { MasterUsers = [master.Address.ToUpperInvariant()] });
        var shortName = master.Address.Split('@')[0];
        foreach (var name in new[] { $"{user.Address}*{master.Address}", $"{user.Address.ToUpperInvariant()}*{shortName}" })
        {
            await ShouldBeAsync(gateway, user, $"a LOGIN \"{name}\" secret");
            await ShouldBeAsync(gateway, user, $"a AUTHENTICATE PLAIN {ScramClient.Base64($"\0{name}\0secret")}");
        }

        await ShouldBeAsync(gateway, user, $"a AUTHENTICATE PLAIN {ScramClient.Base64($"{user.Address}\0{master.Address}\0secret")}");
        await ShouldBeAsync(gateway, master, $"a AUTHENTICATE PLAIN {ScramClient.Base64($"{master.Address}\0{master.Address}\0secret")}");

        using var client = await ConnectAsync(gateway);
        var scram = new ScramClient(master.Address, "secret", $"n,a={user.Address},");
        await client.Socket.SendAsync($"a AUTHENTICATE SCRAM-SHA-256 {scram.First}\r\n");
        await client.Socket.SendAsync(scram.Final((await client.Socket.LineAsync())![2..]) + "\r\n");
        scram.ShouldBelieve((await client.Socket.LineAsync())![2..]);
        await client.PlayAsync("""
            C:
            S: a OK …
            """);
        await IsAsync(client, user);
    }

    [Fact]
    public async Task Whoever_is_no_master_or_comes_from_elsewhere_acts_for_nobody()
    {
        var master = await fixture.UserAsync();
        var user = await fixture.UserAsync();
        await using var gateway = await StartAsync(new SaslOptions { MasterUsers = [master.Address] });
        await using var elsewhere = await StartAsync(new SaslOptions { MasterUsers = [master.Address], MasterNetworks = ["192.0.2.0/24"] });
        await RefusedAsync(gateway, $"{master.Address}*{user.Address}", "secret", "AUTHORIZATIONFAILED");
        await RefusedAsync(gateway, $"{user.Address}*{master.Address}", "wrong", "AUTHENTICATIONFAILED");
        await RefusedAsync(gateway, $"nobody@example.com*{master.Address}", "secret", "AUTHORIZATIONFAILED");
        await RefusedAsync(gateway, $"{user.Address}*", "secret", "AUTHENTICATIONFAILED");
        await RefusedAsync(elsewhere, $"{user.Address}*{master.Address}", "secret", "AUTHORIZATIONFAILED");
        await ShouldBeAsync(elsewhere, master, $"a LOGIN {master.Address} secret");
    }

    [Fact]
    public async Task The_separator_may_be_an_at_sign_or_none()
    {
        var master = await fixture.UserAsync("masters.example.com");
        var user = await fixture.UserAsync();
        await using var gateway = await StartAsync(new SaslOptions { MasterUsers = [master.Address], MasterSeparator = "@" });
        await ShouldBeAsync(gateway, user, $"a LOGIN {user.Address}@{master.Address} secret");
        await ShouldBeAsync(gateway, user, $"a LOGIN {user.Address}@{master.Address.Split('@')[0]} secret");
        await ShouldBeAsync(gateway, user, $"a LOGIN {user.Address} secret");
        await using var none = await StartAsync(new SaslOptions { MasterUsers = [master.Address], MasterSeparator = "" });
        await RefusedAsync(none, $"{user.Address}*{master.Address}", "secret", "AUTHENTICATIONFAILED");
        await ShouldBeAsync(none, user, $"a AUTHENTICATE PLAIN {ScramClient.Base64($"{user.Address}\0{master.Address}\0secret")}");
    }

    [Theory]
    [InlineData("10.0.0.1/8", "*", "NOPE")]
    [InlineData("somewhere", "*", "PLAIN")]
    [InlineData("10.0.0.0/8", "%", "PLAIN")]
    public void Options_that_make_no_sense_are_refused(string network, string separator, string mechanism) =>
        new SaslOptions { MasterNetworks = [network], MasterSeparator = separator, Mechanisms = [mechanism] }.Validate().ShouldNotBeEmpty();

    private async Task<TestGateway> StartAsync(SaslOptions options)
    {
        options.Validate().ShouldBeEmpty();
        return await fixture.StartAsync(TimeProvider.System, new Gateway.Imap.ImapOptions { AuthFailureDelay = TimeSpan.Zero }, sasl: options);
    }

    private static async Task<ImapClient> ConnectAsync(TestGateway gateway)
    {
        var client = new ImapClient(await gateway.ConnectAsync());
        await client.PlayAsync("S: * OK …");
        return client;
    }

    private static async Task RefusedAsync(TestGateway gateway, string name, string password, string code)
    {
        using var client = await ConnectAsync(gateway);
        await client.PlayAsync($"""
            C: a LOGIN "{name}" {password}
            S: a NO [{code}] …
            """);
    }

    private static async Task ShouldBeAsync(TestGateway gateway, TestUser user, string command)
    {
        using var client = await ConnectAsync(gateway);
        await client.PlayAsync($"""
            C: {command}
            S: a OK …
            """);
        await IsAsync(client, user);
    }

    // A mailbox that the client makes is one of the account
    private static async Task IsAsync(ImapClient client, TestUser user)
    {
        var name = $"mine-{Guid.NewGuid():N}";
        await client.DoAsync($"CREATE {name}");
        (await user.Account.ListAsync(CancellationToken.None)).Mailboxes.ShouldContain(mailbox => mailbox.Name.Value == name);
    }
}

using System.Net;
using MailKit.Security;
using Sora.EndToEnd.Tests.Servers;
using MailClient = MailKit.Net.Imap.ImapClient;

namespace Sora.EndToEnd.Tests.Clients;

/// <summary>MailKit's mechanisms, each for itself.</summary>
[Collection(SharedServerTests.Name)]
public sealed class SaslTests(SharedServer server)
{
    private readonly SoraProcess _sora = server.Sora;
    private readonly string _user = server.NextAccount();

    public static TheoryData<string> Mechanisms => ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "PLAIN", "LOGIN"];

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public async Task A_client_logs_in_with_each_mechanism_and_not_with_a_wrong_password(string mechanism)
    {
        using (var client = await ConnectAsync())
        {
            client.AuthenticationMechanisms.ShouldContain(mechanism);
            await client.AuthenticateAsync(Create(mechanism, SharedServer.Password));
            await client.Inbox.OpenAsync(MailKit.FolderAccess.ReadOnly);
            await client.DisconnectAsync(true);
        }

        using var wrong = await ConnectAsync();
        await Should.ThrowAsync<AuthenticationException>(() => wrong.AuthenticateAsync(Create(mechanism, "wrong")));
        await wrong.AuthenticateAsync(Create(mechanism, SharedServer.Password)); // the connection is still of use
    }

    private async Task<MailClient> ConnectAsync()
    {
        var client = new MailClient { ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == certificate?.Issuer };
        await client.ConnectAsync("127.0.0.1", _sora.ImapPort, SecureSocketOptions.StartTls);
        return client;
    }

    private SaslMechanism Create(string mechanism, string password)
    {
        var credential = new NetworkCredential(_user, password);
        return mechanism switch
        {
            "SCRAM-SHA-256-PLUS" => new SaslMechanismScramSha256Plus(credential),
            "SCRAM-SHA-256" => new SaslMechanismScramSha256(credential),
            "SCRAM-SHA-1-PLUS" => new SaslMechanismScramSha1Plus(credential),
            "SCRAM-SHA-1" => new SaslMechanismScramSha1(credential),
            "PLAIN" => new SaslMechanismPlain(credential),
            _ => new SaslMechanismLogin(credential),
        };
    }
}

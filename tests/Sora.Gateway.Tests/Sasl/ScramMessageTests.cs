using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Gateway.Sasl;

namespace Sora.Gateway.Tests.Sasl;

public sealed class ScramMessageTests
{
    [Theory]
    [InlineData("n,,n=user,r=abc", "n,,", "", "n=user,r=abc", "user")]
    [InlineData("y,,n=user,r=abc", "y,,", "", "n=user,r=abc", "user")]
    [InlineData("p=tls-server-end-point,,n=user,r=abc", "p=tls-server-end-point,,", "", "n=user,r=abc", "user")]
    [InlineData("n,a=other=2Cx,n=us=3Der,r=abc", "n,a=other=2Cx,", "other,x", "n=us=3Der,r=abc", "us=er")]
    [InlineData("n,,n=user,r=abc,x=more,Y=m", "n,,", "", "n=user,r=abc,x=more,Y=m", "user")]
    [InlineData("n,,n=jürgen,r=abc", "n,,", "", "n=jürgen,r=abc", "jürgen")]
    public void First_messages(string text, string header, string authorizationId, string bare, string user)
    {
        ScramClientFirst.TryParse(Encoding.UTF8.GetBytes(text), out var message, out _).ShouldBeTrue();
        message!.Header.ShouldBe(header);
        message.AuthorizationId.ShouldBe(authorizationId);
        message.Bare.ShouldBe(bare);
        message.User.ShouldBe(user);
        message.Nonce.ShouldBe("abc");
    }

    [Theory]
    [InlineData("", "other-error")]
    [InlineData("n=user,r=abc", "other-error")]
    [InlineData("n,,n=user", "other-error")]
    [InlineData("n,,r=abc,n=user", "other-error")]
    [InlineData("n,,n=user,r=", "other-error")]
    [InlineData("n,,n=user,r=a b", "other-error")]
    [InlineData("n,,n=user,r=abc,more", "other-error")]
    [InlineData("x,,n=user,r=abc", "other-error")]
    [InlineData("p=,,n=user,r=abc", "other-error")]
    [InlineData("p=a_b,,n=user,r=abc", "other-error")]
    [InlineData("n,b=x,n=user,r=abc", "other-error")]
    [InlineData("n,,m=new,n=user,r=abc", "extensions-not-supported")]
    [InlineData("n,,n=,r=abc", "invalid-username-encoding")]
    [InlineData("n,,n=us=er,r=abc", "invalid-username-encoding")]
    [InlineData("n,,n=us=2cer,r=abc", "invalid-username-encoding")]
    [InlineData("n,,n=user=3,r=abc", "invalid-username-encoding")]
    [InlineData("n,a=,n=user,r=abc", "invalid-username-encoding")]
    [InlineData("n,,n=us\0er,r=abc", "invalid-encoding")]
    [InlineData("n,,n=\u00FF,r=abc", "invalid-encoding")] // Latin-1 below: no UTF-8
    public void First_messages_that_are_refused(string text, string expected)
    {
        ScramClientFirst.TryParse(Encoding.Latin1.GetBytes(text), out _, out var error).ShouldBeFalse();
        error.ShouldBe(expected);
    }

    [Theory]
    [InlineData("c=biws,r=abc,p=AAAA", null)]
    [InlineData("c=biws,r=abc,x=more,p=AAAA", null)]
    [InlineData("", "other-error")]
    [InlineData("c=biws,r=abc", "other-error")]
    [InlineData("c=biws,p=AAAA,r=abc", "other-error")]
    [InlineData("r=abc,c=biws,p=AAAA", "other-error")]
    [InlineData("c=biws,r=abc,more,p=AAAA", "other-error")]
    [InlineData("c=biws,r=abc,p=AAA", "invalid-encoding")]
    [InlineData("c=biw,r=abc,p=AAAA", "invalid-encoding")]
    [InlineData("c=biws,r=abc,m=x,p=AAAA", "extensions-not-supported")]
    public void Final_messages(string text, string? expected)
    {
        ScramClientFinal.TryParse(Encoding.Latin1.GetBytes(text), out var message, out var error).ShouldBe(expected is null);
        error.ShouldBe(expected);
        if (expected is null)
            message!.WithoutProof.ShouldBe(text[..^",p=AAAA".Length]);
    }

    // The exchanges of RFC 5802 section 5 and RFC 7677 section 3
    [Theory]
    [InlineData(
        ScramHashes.Sha1, "fyko+d2lbbFgONRv9qkxdawL", "3rfcNHYJY1ZVvWVs7j", "QSXCR+Q6sek8bf92", "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ=")]
    [InlineData(
        ScramHashes.Sha256, "rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", "W22ZaJ0SNY7soEsUEjb6gQ==", "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")]
    public async Task Examples_of_the_rfcs(ScramHashes hash, string clientNonce, string serverNonce, string salt, string proof, string signature)
    {
        var keys = ScramKeys.Derive(hash, "pencil", Convert.FromBase64String(salt), 4096);
        var right = await PlayAsync(proof);
        right.Identity!.PrimaryAddress.ShouldBe("user@example.com");
        Encoding.ASCII.GetString(right.SuccessData!).ShouldBe("v=" + signature);

        var bytes = Convert.FromBase64String(proof);
        bytes[^1] ^= 1;
        var wrong = await PlayAsync(Convert.ToBase64String(bytes));
        wrong.Identity.ShouldBeNull();
        wrong.Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
        Encoding.ASCII.GetString(wrong.FailureData!).ShouldBe("e=invalid-proof");
        Encoding.ASCII.GetString((await PlayAsync("AAAA")).FailureData!).ShouldBe("e=invalid-proof");

        async Task<SaslStep> PlayAsync(string sent)
        {
            var accounts = new OneAccount(keys);
            var masters = new MasterUsers(accounts, new SaslOptions(), NullLogger.Instance);
            var context = new SaslContext(
                accounts, masters, null!, IPAddress.Loopback, LoginScopes.Imap, TimeSpan.Zero, TimeProvider.System, OffersBinding: false, TellsScramErrors: true);
            var mechanism = new ScramMechanism(context, hash, plus: false, () => serverNonce);
            var first = await mechanism.StepAsync(Encoding.ASCII.GetBytes($"n,,n=user,r={clientNonce}"), CancellationToken.None);
            Encoding.ASCII.GetString(first.Challenge!).ShouldBe($"r={clientNonce}{serverNonce},s={salt},i=4096");
            return await mechanism.StepAsync(Encoding.ASCII.GetBytes($"c=biws,r={clientNonce}{serverNonce},p={sent}"), CancellationToken.None);
        }
    }

    /// <summary>The user of the RFCs, whose name is no address and whose salt is given: no real account can be that.</summary>
    private sealed class OneAccount(ScramKeys keys) : IAccounts
    {
        public IAccount Get(AccountId id) => throw new NotSupportedException();

        public IDisposable Subscribe(AccountId id, IAccountSubscriber subscriber) => throw new NotSupportedException();

        public ValueTask<AccountIdentity?> FindAsync(string address, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<MailResult<AccountIdentity>> AuthenticateAsync(LoginRequest login, string password, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<MailResult<AccountIdentity>> ConfirmScramAsync(LoginRequest login, ScramKeys proven, CancellationToken cancellationToken) =>
            new(new AccountIdentity(new AccountId(1), "user@example.com"));

        public ValueTask<MailResult<AccountIdentity>> AdmitAsync(LoginRequest login, CancellationToken cancellationToken) => throw new NotSupportedException();

        public IDisposable Watch(AccountIdentity identity, IAccountSubscriber subscriber) => throw new NotSupportedException();

        public ValueTask<bool> MayGoOnAsync(AccountIdentity identity, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<ScramHashes> ScramForAllAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<MailResult<ScramChallenge>> FindScramAsync(LoginRequest login, ScramHashes hash, CancellationToken cancellationToken)
        {
            login.User.ShouldBe("user");
            return new(new ScramChallenge([keys]));
        }
    }
}

using System.Buffers;
using System.Net.Security;
using System.Security.Authentication;
using Sora.Gateway.Connections.Tls;

namespace Sora.Gateway.Tests.Connections;

public sealed class ClientHelloTests
{
    [Fact]
    public async Task What_a_client_of_tls_1_3_says()
    {
        var hello = Read(await HelloAsync("Mail.Example.ORG", SslProtocols.Tls13 | SslProtocols.Tls12))!;
        hello.ServerName.ShouldBe("mail.example.org");
        hello.OffersTls13.ShouldBeTrue();
        hello.CanVerify(KeyKind.EcdsaP256).ShouldBeTrue();
        hello.CanVerify(KeyKind.Rsa).ShouldBeTrue();
        hello.IsAcmeValidation.ShouldBeFalse();
    }

    [Fact]
    public async Task What_a_client_of_tls_1_2_says()
    {
        var hello = Read(await HelloAsync("mail.example.org", SslProtocols.Tls12))!;
        hello.OffersTls13.ShouldBeFalse();
        hello.CanVerify(KeyKind.EcdsaP384).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true, "acme-tls/1")]
    [InlineData(false, "acme-tls/1", "imap")]
    [InlineData(false, "imap")]
    [InlineData(false)]
    public async Task An_acme_server_offers_its_protocol_alone(bool isAcme, params string[] protocols) =>
        Read(await HelloAsync("a.example.org", SslProtocols.Tls13, protocols))!.IsAcmeValidation.ShouldBe(isAcme);

    /// <summary>A record may hold any part of the message, and a segment any part of a record (RFC 8446 section 5.1).</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task It_may_come_in_pieces(int size)
    {
        var whole = await HelloAsync("mail.example.org", SslProtocols.Tls13);
        var pieces = new List<byte>();
        foreach (var piece in whole[5..].Chunk(size))
            pieces.AddRange([22, 3, 1, (byte)(piece.Length >> 8), (byte)piece.Length, .. piece]);
        byte[] all = [.. pieces];
        for (var length = 0; length < all.Length; length++)
        {
            ClientHello.Read(new ReadOnlySequence<byte>(all, 0, length), out var isComplete).ShouldBeNull();
            isComplete.ShouldBeFalse();
        }

        Read(all)!.ServerName.ShouldBe("mail.example.org");
    }

    [Theory]
    [InlineData("EHLO x\r\n")]
    [InlineData("a1 LOGIN u p\r\n")]
    [InlineData("\u0016\u0004\u0001\u0000\u0001\u0001")]
    [InlineData("\u0016\u0003\u0001\u0000\u0000")]
    [InlineData("\u0016\u0003\u0001\u0000\u0004\u0002\u0000\u0000\u0000")]
    public void Anything_else_is_left_to_tls(string text)
    {
        ClientHello.Read(new ReadOnlySequence<byte>(System.Text.Encoding.Latin1.GetBytes(text)), out var isComplete).ShouldBeNull();
        isComplete.ShouldBeTrue();
    }

    [Fact]
    public void It_does_not_go_on_for_ever()
    {
        // A message of 16 MiB, in records of which each is allowed
        var endless = new List<byte> { 22, 3, 1, 64, 0, 1, 255, 255, 255 };
        endless.AddRange(new byte[16384 - 4]);
        while (endless.Count <= ClientHello.MaxLength)
            endless.AddRange([22, 3, 1, 64, 0, .. new byte[16384]]);
        ClientHello.Read(new ReadOnlySequence<byte>(endless.ToArray()), out var isComplete).ShouldBeNull();
        isComplete.ShouldBeTrue();
    }

    [Fact]
    public async Task Damaged_ones_never_throw()
    {
        var random = new Random(20261128);
        var whole = await HelloAsync("mail.example.org", SslProtocols.Tls13 | SslProtocols.Tls12, "imap");
        var read = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var damaged = whole.ToArray();
            for (var i = random.Next(1, 6); i > 0; i--)
                damaged[random.Next(5, damaged.Length)] = (byte)random.Next(256);
            if (ClientHello.Read(new ReadOnlySequence<byte>(damaged), out _) is { } hello)
            {
                read++;
                hello.CanVerify(KeyKind.Rsa);
                hello.CanVerify(KeyKind.EcdsaP256);
            }
        }

        read.ShouldBeGreaterThan(1000);
    }

    private static ClientHello? Read(byte[] bytes)
    {
        var hello = ClientHello.Read(new ReadOnlySequence<byte>(bytes), out var isComplete);
        isComplete.ShouldBeTrue();
        return hello;
    }

    // What .NET's client sends first
    private static async Task<byte[]> HelloAsync(string host, SslProtocols versions, params string[] protocols)
    {
        var sent = new FirstFlight();
        await using var tls = new SslStream(sent);
        await Should.ThrowAsync<Exception>(tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = host,
            EnabledSslProtocols = versions,
            ApplicationProtocols = protocols.Length == 0 ? null : [.. protocols.Select(name => new SslApplicationProtocol(name))],
        }));
        return sent.Written.ToArray();
    }

    /// <summary>Keeps what is written, and has nothing to read.</summary>
    private sealed class FirstFlight : Stream
    {
        public MemoryStream Written { get; } = new();

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override void Write(byte[] buffer, int offset, int count) => Written.Write(buffer, offset, count);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

using System.Buffers;
using System.Text;
using Sora.Gateway.Connections.Proxying;

namespace Sora.Gateway.Tests.Connections;

public sealed class ProxyHeaderTests
{
    private const int MaxLength = 4096;

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 4711 143\r\n", "192.0.2.1:4711", "192.0.2.2:143")]
    [InlineData("PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n", "255.255.255.255:65535", "0.0.0.0:0")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:DB8::2 4711 143\r\n", "[2001:db8::1]:4711", "[2001:db8::2]:143")]
    [InlineData("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
        "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")]
    [InlineData("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "192.0.2.1:1", "[::1]:2")]
    [InlineData("PROXY UNKNOWN\r\n", null, null)]
    [InlineData("PROXY UNKNOWN whatever it likes 1 2\r\n", null, null)]
    public void Version_1_names_both_ends(string line, string? source, string? destination)
    {
        var header = Whole(Encoding.ASCII.GetBytes(line));
        header.Source?.ToString().ShouldBe(source);
        (header.Source is null).ShouldBe(source is null);
        header.Destination?.ToString().ShouldBe(destination);
    }

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 4711 143\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 4711\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 4711 143 \r\n")]
    [InlineData("PROXY TCP4  192.0.2.1 192.0.2.2 4711 143\r\n")]
    [InlineData("PROXY TCP4 192.0.2.01 192.0.2.2 4711 143\r\n")]
    [InlineData("PROXY TCP4 192.0.2 192.0.2.2 4711 143\r\n")]
    [InlineData("PROXY TCP4 192.0.2.256 192.0.2.2 4711 143\r\n")]
    [InlineData("PROXY TCP4 0x7f.0.0.1 192.0.2.2 4711 143\r\n")]
    [InlineData("PROXY TCP4 ::1 ::1 4711 143\r\n")]
    [InlineData("PROXY TCP6 192.0.2.1 192.0.2.2 4711 143\r\n")]
    [InlineData("PROXY TCP6 fe80::1%eth0 ::1 4711 143\r\n")]
    [InlineData("PROXY TCP6 [::1] ::1 4711 143\r\n")]
    [InlineData("PROXY TCP6 1:2:3 ::1 4711 143\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 65536 143\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 -1 143\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 01 143\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 \r\n")]
    [InlineData("PROXY UDP4 192.0.2.1 192.0.2.2 4711 143\r\n")]
    [InlineData("PROXY UNKNOWNS\r\n")]
    [InlineData("PROXY\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData("proxy TCP4 192.0.2.1 192.0.2.2 4711 143\r\n")]
    [InlineData("a1 LOGIN x y\r\n")]
    [InlineData("\x16\x03\x01")]
    public void What_is_no_header_is_malformed(string line) => Read(Encoding.Latin1.GetBytes(line)).ShouldBe(ProxyHeaderStatus.Malformed);

    [Fact]
    public void A_line_of_version_1_has_107_octets_at_most()
    {
        var longest = Encoding.ASCII.GetBytes("PROXY UNKNOWN ".PadRight(105, 'x') + "\r\n");
        Whole(longest).Source.ShouldBeNull();
        Read([.. longest[..105], (byte)'x', .. "\r\n"u8]).ShouldBe(ProxyHeaderStatus.Malformed);
        Read(longest[..106]).ShouldBe(ProxyHeaderStatus.Incomplete);
    }

    [Fact]
    public void Version_2_names_both_ends()
    {
        var v4 = Whole(ProxyHeaderBytes.V2("192.0.2.1:4711", "192.0.2.2:993"));
        (v4.Source!.ToString(), v4.Destination!.ToString()).ShouldBe(("192.0.2.1:4711", "192.0.2.2:993"));
        var v6 = Whole(ProxyHeaderBytes.V2("[2001:db8::1]:4711", "[2001:db8::2]:993"));
        (v6.Source!.ToString(), v6.Destination!.ToString()).ShouldBe(("[2001:db8::1]:4711", "[2001:db8::2]:993"));
        Whole(ProxyHeaderBytes.V2("[::ffff:192.0.2.1]:1", "[::1]:2")).Source!.ToString().ShouldBe("192.0.2.1:1");
    }

    [Fact]
    public void Who_has_no_address_keeps_that_of_the_connection()
    {
        Whole(ProxyHeaderBytes.Local()).Source.ShouldBeNull();
        Whole(ProxyHeaderBytes.Local(1, 2, 3)).Source.ShouldBeNull();
        Whole(ProxyHeaderBytes.Make(0x20, 0x11, [192, 0, 2, 1, 192, 0, 2, 2, 0, 1, 0, 2])).Source.ShouldBeNull();
        Whole(ProxyHeaderBytes.Make(0x21, 0x00, [1, 2, 3])).Source.ShouldBeNull();
        Whole(ProxyHeaderBytes.Make(0x21, 0x31, new byte[216])).Source.ShouldBeNull();
    }

    [Fact]
    public void Items_are_read_and_unknown_ones_passed_over()
    {
        byte[] tls =
        [
            0x01, 0, 0, 0, 0, .. ProxyHeaderBytes.Item(0x21, [.. "TLSv1.3"u8]), .. ProxyHeaderBytes.Item(0x23, [.. "TLS_AES_256_GCM_SHA384"u8]),
            .. ProxyHeaderBytes.Item(0x22, [.. "client"u8]),
        ];
        var header = Whole(ProxyHeaderBytes.V2("192.0.2.1:1", "192.0.2.2:2",
        [
            .. ProxyHeaderBytes.Item(0x04, 0, 0, 0), .. ProxyHeaderBytes.Item(0xE0, [.. "ja4"u8]), .. ProxyHeaderBytes.Item(0x02, [.. "mail.example.org"u8]),
            .. ProxyHeaderBytes.Item(0x05, [.. "id-1"u8]), .. ProxyHeaderBytes.Item(0x20, tls),
        ]));
        header.Authority.ShouldBe("mail.example.org");
        header.UniqueId.ShouldBe("id-1");
        header.IsTls.ShouldBeTrue();
        header.TlsDescription.ShouldBe("TLSv1.3 with cipher TLS_AES_256_GCM_SHA384");
        Whole(ProxyHeaderBytes.V2("192.0.2.1:1", "192.0.2.2:2", ProxyHeaderBytes.Item(0x20, 0, 0, 0, 0, 1))).IsTls.ShouldBeFalse();
        Whole(ProxyHeaderBytes.V2("192.0.2.1:1", "192.0.2.2:2", ProxyHeaderBytes.Item(0x05, [.. "a b\r\n"u8]))).UniqueId.ShouldBe("");
    }

    [Fact]
    public void The_checksum_is_checked()
    {
        var header = ProxyHeaderBytes.WithChecksum("192.0.2.1:4711", "192.0.2.2:143");
        Whole(header).Source!.ToString().ShouldBe("192.0.2.1:4711");
        for (var i = 16; i < header.Length; i++)
        {
            var damaged = header.ToArray();
            damaged[i] ^= 0x10;
            if (i is 28 or 29 or 30)
                continue; // The item's own type and length
            Read(damaged).ShouldBe(ProxyHeaderStatus.Malformed, $"octet {i}");
        }
    }

    [Fact]
    public void Broken_headers_of_version_2_are_malformed()
    {
        byte[] addresses = [192, 0, 2, 1, 192, 0, 2, 2, 0, 1, 0, 2];
        Read(ProxyHeaderBytes.Make(0x22, 0x11, addresses)).ShouldBe(ProxyHeaderStatus.Malformed);
        Read(ProxyHeaderBytes.Make(0x11, 0x11, addresses)).ShouldBe(ProxyHeaderStatus.Malformed);
        Read(ProxyHeaderBytes.Make(0x21, 0x12, addresses)).ShouldBe(ProxyHeaderStatus.Malformed);
        Read(ProxyHeaderBytes.Make(0x21, 0x41, addresses)).ShouldBe(ProxyHeaderStatus.Malformed);
        Read(ProxyHeaderBytes.Make(0x21, 0x11, addresses[..11])).ShouldBe(ProxyHeaderStatus.Malformed);
        Read(ProxyHeaderBytes.Make(0x21, 0x21, addresses)).ShouldBe(ProxyHeaderStatus.Malformed);
        Read(ProxyHeaderBytes.Make(0x21, 0x31, addresses)).ShouldBe(ProxyHeaderStatus.Malformed);
        Read(ProxyHeaderBytes.Make(0x21, 0x11, [.. addresses, 4, 0])).ShouldBe(ProxyHeaderStatus.Malformed);
        Read(ProxyHeaderBytes.Make(0x21, 0x11, [.. addresses, 4, 0, 2, 0])).ShouldBe(ProxyHeaderStatus.Malformed);
        Read(ProxyHeaderBytes.Make(0x21, 0x11, [.. addresses, .. ProxyHeaderBytes.Item(3, 0, 0, 0)])).ShouldBe(ProxyHeaderStatus.Malformed);
        Read(ProxyHeaderBytes.Make(0x21, 0x11, [.. addresses, .. ProxyHeaderBytes.Item(0x20, 1, 0)])).ShouldBe(ProxyHeaderStatus.Malformed);
        Read(ProxyHeaderBytes.Make(0x21, 0x11, [.. addresses, .. ProxyHeaderBytes.Item(5, new byte[129])])).ShouldBe(ProxyHeaderStatus.Malformed);
        Read(ProxyHeaderBytes.V2("192.0.2.1:1", "192.0.2.2:2", ProxyHeaderBytes.Item(4, new byte[MaxLength]))).ShouldBe(ProxyHeaderStatus.Malformed);
    }

    [Fact]
    public void A_header_may_come_in_any_pieces_and_what_follows_is_left()
    {
        foreach (var bytes in new[]
        {
            Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.1 192.0.2.2 4711 143\r\n"), Encoding.ASCII.GetBytes("PROXY UNKNOWN\r\n"), ProxyHeaderBytes.Local(),
            ProxyHeaderBytes.WithChecksum("[2001:db8::1]:4711", "[2001:db8::2]:993"),
        })
        {
            for (var i = 0; i < bytes.Length; i++)
                Read(bytes[..i]).ShouldBe(ProxyHeaderStatus.Incomplete, $"{i} octets");
            ProxyHeader.Read(Pieces([.. bytes, .. "PROXY"u8]), MaxLength, out _, out var length).ShouldBe(ProxyHeaderStatus.Complete);
            length.ShouldBe(bytes.Length);
        }
    }

    [Fact]
    public void Nothing_that_comes_makes_it_throw()
    {
        var random = new Random(20261128);
        byte[][] seeds =
        [
            Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.1 192.0.2.2 4711 143\r\n"), Encoding.ASCII.GetBytes("PROXY TCP6 2001:db8::1 ::2 4711 143\r\n"),
            ProxyHeaderBytes.V2("192.0.2.1:1", "192.0.2.2:2", ProxyHeaderBytes.Item(0x20, [1, 0, 0, 0, 0, .. ProxyHeaderBytes.Item(0x21, 65)])),
            ProxyHeaderBytes.WithChecksum("[2001:db8::1]:4711", "[2001:db8::2]:993"),
        ];
        for (var round = 0; round < 50_000; round++)
        {
            var bytes = seeds[random.Next(seeds.Length)].ToArray();
            for (var changes = random.Next(4); changes >= 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var cut = bytes[..random.Next(bytes.Length + 1)];
            if (ProxyHeader.Read(new ReadOnlySequence<byte>(cut), MaxLength, out var header, out var length) == ProxyHeaderStatus.Complete)
            {
                header.ShouldNotBeNull();
                length.ShouldBeInRange(1, cut.Length);
            }
        }
    }

    private static ProxyHeaderStatus Read(byte[] bytes) => ProxyHeader.Read(new ReadOnlySequence<byte>(bytes), MaxLength, out _, out _);

    private static ProxyHeader Whole(byte[] bytes)
    {
        ProxyHeader.Read(new ReadOnlySequence<byte>(bytes), MaxLength, out var header, out var length).ShouldBe(ProxyHeaderStatus.Complete);
        length.ShouldBe(bytes.Length);
        return header.ShouldNotBeNull();
    }

    private static ReadOnlySequence<byte> Pieces(byte[] bytes)
    {
        var first = new Piece(bytes.AsMemory(0, 1), null);
        var last = first;
        for (var i = 1; i < bytes.Length; i++)
            last = new Piece(bytes.AsMemory(i, 1), last);
        return new ReadOnlySequence<byte>(first, 0, last, 1);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is null)
                return;
            before.Next = this;
            RunningIndex = before.RunningIndex + before.Memory.Length;
        }
    }
}

using System.Buffers;

namespace Sora.Mime.Tests;

public sealed class SerializationTests
{
    private static readonly byte[] Sample = Mail.Crlf("""
        From: "A B" <a@b>, g: c@d;
        Sender: s@t
        Subject: x
        Content-Type: multipart/mixed; boundary=b

        --b
        Content-Type: text/plain; charset=utf-8; x-own=1
        Content-ID: <1@x>
        Content-Language: en, fr
        Content-Location: there
        Content-Transfer-Encoding: 8bit

        text
        --b
        Content-Type: message/rfc822
        Content-Disposition: attachment; filename=m.eml
        Content-Description: d
        Content-MD5: m

        Date: today
        From: x@y
        Reply-To: r@s
        To: u:;
        Message-ID: <m@x>
        In-Reply-To: <n@x>
        Content-Type: x-strange/x-type

        inner
        --b--

        """);

    public static TheoryData<string> Mails => new(StructureTests.Mails.Select(row => (string)row[0]).Append(Mail.Latin(Sample)));

    [Theory]
    [MemberData(nameof(Mails))]
    public void A_structure_comes_back_as_it_was(string mail)
    {
        var message = MimeReader.Parse(Mail.Crlf(mail));
        var writer = new ArrayBufferWriter<byte>();
        message.Serialize(writer);

        Mail.Shape(MimeMessage.DeserializeStructure(writer.WrittenSpan), offsets: true).ShouldBe(Mail.Shape(message.Root, offsets: true));
    }

    [Fact]
    public void A_prefix_moves_everything_but_the_start()
    {
        byte[] prefix = Mail.Crlf("Return-Path: <a@b>\nDelivered-To: c@d\n");
        var writer = new ArrayBufferWriter<byte>();
        MimeReader.Parse(Sample).Serialize(writer);

        var moved = MimeMessage.DeserializeStructure(writer.WrittenSpan, prefix.Length);

        Mail.Shape(moved, offsets: true).ShouldBe(Mail.Shape(MimeReader.Parse([.. prefix, .. Sample]).Root, offsets: true));
    }

    [Fact]
    public void An_envelope_comes_back_as_it_was()
    {
        var envelope = MimeReader.Parse(Sample).Envelope;
        var writer = new ArrayBufferWriter<byte>();
        envelope.Serialize(writer);
        var read = Envelope.Deserialize(writer.WrittenSpan);

        Mail.Show(read.From).ShouldBe("(\"A B\" NIL \"a\" \"b\") (NIL NIL \"g\" NIL) (NIL NIL \"c\" \"d\") (NIL NIL NIL NIL)");
        Mail.Show(read.Sender).ShouldBe("(NIL NIL \"s\" \"t\")");
        read.ReplyTo.ShouldBeSameAs(read.From);
        Mail.Latin(read.Subject).ShouldBe("x");
        read.Date.ShouldBeNull();
    }

    [Fact]
    public void Damage_is_always_noticed()
    {
        var message = MimeReader.Parse(Sample);
        var writer = new ArrayBufferWriter<byte>();
        message.Serialize(writer);
        byte[] good = writer.WrittenSpan.ToArray();
        for (int i = 0; i < good.Length; i++)
        {
            byte[] bad = [.. good];
            bad[i] ^= 0x11;
            MimeMessage.TryDeserializeStructure(bad, 0, out _).ShouldBeFalse();
            MimeMessage.TryDeserializeStructure(good.AsSpan(0, i), 0, out _).ShouldBeFalse();
        }
        Should.Throw<MimeFormatException>(() => MimeMessage.DeserializeStructure("rubbish"u8));
        Should.Throw<MimeFormatException>(() => Envelope.Deserialize(good));
    }

    [Fact]
    public void Damage_with_a_right_checksum_does_not_crash()
    {
        var writer = new ArrayBufferWriter<byte>();
        MimeReader.Parse(Sample).Serialize(writer);
        byte[] payload = writer.WrittenSpan[1..^4].ToArray();
        var random = new Random(11);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bad = [.. payload];
            for (int i = random.Next(1, 4); i > 0; i--)
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            var reader = new StructureReader(bad);
            var part = reader.Part(0, 5, 0);
            (part is null).ShouldBe(reader.IsDamaged);
        }
    }

    [Fact]
    public void The_deepest_structure_can_be_stored()
    {
        byte[] mail = Mail.Crlf(string.Concat(Enumerable.Repeat("Content-Type: message/rfc822\n\n", 3000)));
        var message = Mail.Parse(mail, mail.Length, new MimeLimits { MaxDepth = int.MaxValue, MaxParts = int.MaxValue });
        var writer = new ArrayBufferWriter<byte>();
        message.Serialize(writer);

        Mail.Shape(MimeMessage.DeserializeStructure(writer.WrittenSpan)).ShouldBe(Mail.Shape(message.Root));
    }
}

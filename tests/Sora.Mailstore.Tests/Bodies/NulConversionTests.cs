using System.Text;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mime;

namespace Sora.Mailstore.Tests.Bodies;

/// <summary>Messages with NULs are stored without them, and their parts decode to what was sent (RFC 3516 section 4.3).</summary>
public sealed class NulConversionTests
{
    // What is sent and what is stored; NUL is written as ~.
    public static TheoryData<string, string> Messages => new()
    {
        {
            "Subject: a\nMIME-Version: 1.0\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: binary\n\nx~y",
            "Subject: a\nMIME-Version: 1.0\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\neAB5\n"
        },
        { "Subject: a\n\n~", "Subject: a\nMIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\nAA==\n" },
        { "\n~", "MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\nAA==\n" },
        { "Subject: a~b\n\nbody\n", "Subject: a?b\n\nbody\n" },
        { "~~~", "???" },
        {
            "MIME-version: 1.0\ncontent-transfer-encoding: 8BIT\nContent-Transfer-Encoding: 7bit\nX: y\n\n" + Line('a', 56) + "~" + Line('b', 56) + "~",
            "MIME-version: 1.0\nContent-Transfer-Encoding: base64\nX: y\n\n" + Base64(Line('a', 56) + "~") + "\n" + Base64(Line('b', 56) + "~") + "\n"
        },
        {
            "Content-Type: multipart/mixed; boundary=b\n\npre~amble\n--b\n\ntext\n--b\nContent-Type: a/b\n\n1~2\n--b\n\n~\n--b--\nepi~logue\n",
            "Content-Type: multipart/mixed; boundary=b\n\npre?amble\n--b\n\ntext\n--b\nContent-Type: a/b\nContent-Transfer-Encoding: base64\n\nMQAy\n--b\n"
            + "Content-Transfer-Encoding: base64\n\nAA==\n--b--\nepi?logue\n"
        },
        {
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: binary\n\nSubject: in\n\nx~\n--b--\n",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: binary\n\n"
            + "Subject: in\nMIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\neAA=\n--b--\n"
        },
        { "Content-Transfer-Encoding: base64\n\neA~B5\n", "Content-Transfer-Encoding: base64\n\neA?B5\n" },
        { "Content-Transfer-Encoding: x-mine\n\neA~B5\n", "Content-Transfer-Encoding: x-mine\n\neA?B5\n" },
        { "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n~", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\nAA==\n" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task Is_stored_readable_for_everybody(string sent, string stored)
    {
        await using var bodies = await TestBodies.CreateAsync();
        var message = Bytes(sent);
        foreach (var chunk in new[] { 1, message.Length })
        {
            await using var staged = await bodies.TakeAsync(message, chunk, message.Length);
            Text(staged).ShouldBe(stored.Replace("\n", "\r\n", StringComparison.Ordinal));
            staged.Size.ShouldBe(staged.Body!.Value.Length);
            MimeMessage.DeserializeStructure(staged.Structure.Span).End.ShouldBe(staged.Size);
        }
    }

    [Fact]
    public async Task A_large_part_goes_through_files_and_decodes_to_the_same_bytes()
    {
        var random = new Random(8);
        var part = new byte[3_000_001];
        random.NextBytes(part);
        byte[] message =
        [
            .. Bytes("Content-Type: multipart/mixed; boundary=xyz\n\n--xyz\nContent-Type: a/b\n\n"), .. part, .. Bytes("\n--xyz\n\ntext\n--xyz--\n"),
        ];
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = StagingMode.Disk });
        await using (var staged = await bodies.TakeAsync(message))
        {
            var stored = await File.ReadAllBytesAsync(Path.Combine(bodies.StagingFolder, staged.Path!));
            stored.ShouldNotContain((byte)0);
            var root = MimeMessage.DeserializeStructure(staged.Structure.Span);
            root.Children[0].Encoding.ShouldBe("base64");
            root.Children[1].Encoding.ShouldBeNull();
            var decoded = new System.Buffers.ArrayBufferWriter<byte>();
            TransferDecoder.TryDecode(
                stored.AsSpan((int)root.Children[0].BodyStart, (int)root.Children[0].Size), TransferEncoding.Base64, decoded).ShouldBeTrue();
            decoded.WrittenSpan.SequenceEqual(part).ShouldBeTrue();
        }

        // The file that held the message as it came is gone
        bodies.StagedFiles.Length.ShouldBe(1);
    }

    [Fact]
    public async Task Random_structures_lose_nothing_but_their_nuls()
    {
        await using var bodies = await TestBodies.CreateAsync();
        var random = new Random(3516);
        string[] pieces = ["\n--b\n", "\n--b--\n", "~", "\n\n", "Content-Type: message/rfc822\n", "Content-Type: multipart/mixed; boundary=b\n", "text", "\n", "--c\n"];
        for (var round = 0; round < 500; round++)
        {
            var text = new StringBuilder("Content-Type: multipart/mixed; boundary=b\n");
            for (var i = random.Next(1, 25); i > 0; i--)
                text.Append(pieces[random.Next(pieces.Length)]);
            await using var staged = await bodies.TakeAsync(Bytes(text.ToString()));
            staged.Body!.Value.Span.Contains((byte)0).ShouldBeFalse(text.ToString());
            MimeMessage.DeserializeStructure(staged.Structure.Span).End.ShouldBe(staged.Size);
        }
    }

    private static string Line(char c, int count) => new(c, count);

    private static string Base64(string text) => Convert.ToBase64String(Bytes(text));

    private static byte[] Bytes(string text) =>
        Encoding.Latin1.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal).Replace('~', '\0'));

    private static string Text(StagedMessage staged) => Encoding.Latin1.GetString(staged.Body!.Value.Span);
}

using System.IO.Pipelines;
using System.Text;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Tests.Imap;

public sealed class ImapReaderTests
{
    private static readonly ReaderLimits Limits = new(MaxLine: 100, MaxLiteral: 50, MaxCommand: 200, MaxLiterals: 4, MaxDiscard: 1000);

    // What the reader makes of the input: "C:" commands, "A:" APPEND's beginning with its literal, "T:" too long, "L:" lost; "+" a go-ahead.
    public static TheoryData<string, string> Inputs => new()
    {
        { "a NOOP\r\n", "C:a NOOP" },
        { "a NOOP\nb NOOP\r\n", "C:a NOOP|C:b NOOP" },
        { "\r\na X\r\n", "C:|C:a X" },
        { "a LOGIN {3}\r\nabc {2+}\r\nde\r\n", "+C:a LOGIN {3}\r\nabc {2+}\r\nde" },
        { "a X {0}\r\n\r\nb Y\r\n", "+C:a X {0}\r\n|C:b Y" },
        { "a X {3}\r\n\r\n\n\r\nb Y\r\n", "+C:a X {3}\r\n\r\n\n|C:b Y" },
        { "a X \"{3}\"\r\n", "C:a X \"{3}\"" },
        { "a X {x}\r\n", "C:a X {x}" },
        { "a X {}\r\n", "C:a X {}" },
        { "a X {99999999999999999999}\r\n", "C:a X {99999999999999999999}" },
        { "a X {51}\r\nb Y\r\n", "T:a X {51}|C:b Y" },
        { "a X {51+}\r\n" + "012345678901234567890123456789012345678901234567890 more\r\nb Y\r\n", "T:a X {51+}|C:b Y" },
        { "a X {51+}\r\n" + "012345678901234567890123456789012345678901234567890 {3+}\r\nabc {2}\r\nb Y\r\n", "T:a X {51+}|C:b Y" },
        { "a X {1001+}\r\n", "L:a X {1001+}" },
        { "a X {1+}\r\n1 {1+}\r\n2 {1+}\r\n3 {1+}\r\n4 {1+}\r\n5\r\nb Y\r\n", "T:a X {1+}\r\n1 {1+}\r\n2 {1+}\r\n3 {1+}\r\n4 {1+}|C:b Y" },
        { "a X " + "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" + "\r\nb Y\r\n", "T:a X 0123456789…|C:b Y" },
        { "a APPEND INBOX {10}\r\n", "A:a APPEND INBOX {10}" },
        { "a append {5}\r\nINBOX {10+}\r\n", "+A:a append {5}\r\nINBOX {10+}" },
        { "a APPEND INBOX (\\Seen) ~{10}\r\n", "A:a APPEND INBOX (\\Seen) ~{10}" },
        { "a APPENDX {1}\r\nx\r\n", "+C:a APPENDX {1}\r\nx" },
        { "a APPEND x CATENATE (URL {2}\r\n/y TEXT {9}\r\n", "+A:a APPEND x CATENATE (URL {2}\r\n/y TEXT {9}" },
        { "a APPEND x CATENATE (URL /z url {2+}\r\n/y)\r\n", "C:a APPEND x CATENATE (URL /z url {2+}\r\n/y)" },
        { "a APPEND URL {9}\r\n", "A:a APPEND URL {9}" },
        { "a APPEND\r\nb Y\r\n", "C:a APPEND|C:b Y" },
        { "a APPEND {2}\r\nxx\r\nb Y\r\n", "+C:a APPEND {2}\r\nxx|C:b Y" },
        { "a REPLACE 1 x {9}\r\n", "A:a REPLACE 1 x {9}" },
        { "a replace 1 {1}\r\nx ~{9+}\r\n", "+A:a replace 1 {1}\r\nx ~{9+}" },
        { "a UID REPLACE 1 {1+}\r\nx {9}\r\n", "A:a UID REPLACE 1 {1+}\r\nx {9}" },
        { "a UID REPLACE {1}\r\nx\r\n", "+C:a UID REPLACE {1}\r\nx" },
        { "a UID FETCH {1}\r\nx\r\n", "+C:a UID FETCH {1}\r\nx" },
    };

    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task Cuts_commands_however_the_bytes_arrive(string input, string expected)
    {
        foreach (var step in new[] { 1, 2, 7, 10_000 })
            Simplify(await ReadAsync(input, step)).ShouldBe(expected, $"in steps of {step}");
    }

    [Fact]
    public async Task Line_too_long_without_an_end_is_not_kept()
    {
        var (reader, input, _) = Start();
        var reading = reader.ReadAsync().AsTask();
        for (var i = 0; i < 1_000; i++)
            await input.WriteAsync(Encoding.ASCII.GetBytes(new string('x', 100)));
        await input.WriteAsync("\r\na NOOP\r\n"u8.ToArray());
        (await reading.WaitAsync(TimeSpan.FromMinutes(1))).ShouldBe(ReadStatus.TooLong);
        reader.Command.Length.ShouldBeLessThan(200);
        reader.Release();
        (await reader.ReadAsync()).ShouldBe(ReadStatus.Command);
        Encoding.ASCII.GetString(reader.Command).ShouldBe("a NOOP");
    }

    [Fact]
    public async Task A_line_that_never_ends_is_given_up()
    {
        var (reader, input, _) = Start();
        var reading = reader.ReadAsync().AsTask();
        var piece = new byte[1024 * 1024];
        piece.AsSpan().Fill((byte)'x');
        for (var i = 0; i < 66 && !reading.IsCompleted; i++)
            await input.WriteAsync(piece);
        (await reading.WaitAsync(TimeSpan.FromMinutes(1))).ShouldBe(ReadStatus.Lost);
    }

    [Fact]
    public async Task A_wake_up_in_the_middle_of_a_command_loses_nothing()
    {
        var (reader, input, pipe) = Start();
        await input.WriteAsync("a LOGIN {3+}\r\nab"u8.ToArray());
        var reading = reader.ReadAsync().AsTask();
        pipe.CancelPendingRead();
        (await reading).ShouldBe(ReadStatus.Woken);
        await input.WriteAsync("c x\r\n"u8.ToArray());
        (await reader.ReadAsync()).ShouldBe(ReadStatus.Command);
        Encoding.ASCII.GetString(reader.Command).ShouldBe("a LOGIN {3+}\r\nabc x");
    }

    [Fact]
    public async Task Random_bytes_never_break_it()
    {
        var random = new Random(4711);
        const string Alphabet = "a {}+~1290\r\n\r\n\"()\\APPEND ";
        for (var round = 0; round < 1000; round++)
        {
            var text = new StringBuilder();
            for (var i = random.Next(1, 120); i > 0; i--)
                text.Append(random.Next(50) == 0 ? (char)random.Next(256) : Alphabet[random.Next(Alphabet.Length)]);
            await ReadAsync(text.ToString(), random.Next(1, 40));
        }
    }

    private static string Simplify(string result) => result.Length > 100 && result.StartsWith("T:a X 0", StringComparison.Ordinal)
        ? "T:a X 0123456789…" + result[result.IndexOf('|', StringComparison.Ordinal)..]
        : result;

    private static (ImapReader Reader, PipeWriter Input, PipeReader Pipe) Start()
    {
        var input = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var output = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var writer = new ImapWriter(output.Writer, async () => !(await output.Writer.FlushAsync()).IsCompleted);
        return (new ImapReader(input.Reader, writer, Limits), input.Writer, input.Reader);
    }

    private static async Task<string> ReadAsync(string text, int step)
    {
        var input = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var output = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var writer = new ImapWriter(output.Writer, async () => !(await output.Writer.FlushAsync()).IsCompleted);
        var reader = new ImapReader(input.Reader, writer, Limits);
        var feeding = FeedAsync();
        var result = new StringBuilder();
        var status = ReadStatus.Command;
        while (status is not (ReadStatus.Closed or ReadStatus.Lost))
        {
            status = await reader.ReadAsync();
            await writer.FlushAsync();
            var goAhead = "";
            while (output.Reader.TryRead(out var asked))
            {
                goAhead += Encoding.ASCII.GetString(asked.Buffer).Contains('+', StringComparison.Ordinal) ? "+" : "";
                output.Reader.AdvanceTo(asked.Buffer.End);
            }

            if (status != ReadStatus.Closed)
            {
                result.Append(result.Length > 0 ? "|" : "").Append(goAhead);
                result.Append(status.ToString()[0]).Append(':').Append(Encoding.Latin1.GetString(reader.Command));
            }

            reader.Release();
        }

        await feeding;
        return result.ToString();

        async Task FeedAsync()
        {
            var bytes = Encoding.Latin1.GetBytes(text);
            for (var i = 0; i < bytes.Length; i += step)
                await input.Writer.WriteAsync(bytes.AsMemory(i, Math.Min(step, bytes.Length - i)));
            await input.Writer.CompleteAsync();
        }
    }
}

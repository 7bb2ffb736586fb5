using System.Buffers;
using System.Text;
using Sora.Sieve.Runtime;

namespace Sora.Sieve.Messages;

/// <summary>Makes messages out of pieces.</summary>
internal static class NewMessage
{
    /// <summary>Makes it the message that the script sees from here on, and that its actions are about.</summary>
    public static void Use(SieveRun run, SieveNewMessage message)
    {
        run.NewMessage = message;
        var bytes = new byte[message.Header.Length + message.Body!.Value.Length];
        message.Header.CopyTo(bytes);
        message.Body.Value.CopyTo(bytes.AsMemory(message.Header.Length));
        run.Message = new SieveMessageInMemory(bytes);
        run.Headers = run.Message.Headers;
    }

    /// <summary>The whole message as it is at the moment.</summary>
    public static async ValueTask<byte[]> ReadAsync(SieveRun run)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write((run.NewMessage?.Header ?? run.Message.Header).Span);
        if (run.NewMessage?.Body is { } body)
            output.Write(body.Span);
        var at = run.NewMessage?.Body is null ? run.Message.Root.BodyStart : run.Message.Size;
        if (output.WrittenCount + (run.Message.Size - at) > run.Limits.MaxNewMessageSize)
            throw new SieveRuntimeException($"A changed message is larger than {run.Limits.MaxNewMessageSize} bytes");
        while (at < run.Message.Size)
        {
            var count = await run.Message.ReadAsync(at, output.GetMemory(32 * 1024), run.CancellationToken);
            if (count == 0)
                break;
            run.Spend(count, 1);
            output.Advance(count);
            at += count;
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>A boundary that the message does not hold; the same message has the same one.</summary>
    public static string Boundary(string prefix, byte[] message)
    {
        for (var i = 0; ; i++)
        {
            var boundary = $"{prefix}{message.Length:x}_{i}";
            if (message.AsSpan().IndexOf(Encoding.ASCII.GetBytes(boundary)) < 0)
                return boundary;
        }
    }

    /// <summary>A text entity in UTF-8: header fields, empty line, content.</summary>
    public static byte[] TextEntity(string text, string subtype = "plain", bool isEncoded = false)
    {
        var octets = SieveText.Encode(text.ReplaceLineEndings("\r\n"));
        var isPlain = !isEncoded && Ascii.IsValid(octets) && Array.TrueForAll(text.Split('\n'), static line => line.Length <= 900);
        var header = Encoding.ASCII.GetBytes($"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {(isPlain ? "7bit" : "base64")}\r\n\r\n");
        return isPlain
            ? [.. header, .. octets]
            : [.. header, .. Encoding.ASCII.GetBytes(Convert.ToBase64String(octets, Base64FormattingOptions.InsertLineBreaks)), .. "\r\n"u8];
    }
}

using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>COMPRESS (RFC 4978): after the tagged OK both directions are one DEFLATE stream each.</summary>
internal sealed class CompressCommand : ImapCommand
{
    private static readonly CompressCommand Instance = new();

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var start = parser.Position;
        if (parser.Atom("a compression mechanism") == "DEFLATE")
            return Instance;
        parser.Position = start;
        throw parser.Error("DEFLATE");
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var client = connection.Client;
        if (client.IsCompressed)
            return new ImapReply(ReplyStatus.Bad, "DEFLATE is active already", ResponseCode.CompressionActive);
        if (!client.CanCompress)
            return ImapReply.No("Compression is switched off", ResponseCode.Of(Contracts.MailErrorCode.Cannot));

        // What is new is told before it: it answers by itself, and nothing may come between the OK and the compressed stream
        ImapReply.Ok("DEFLATE begins").Write(connection.Writer, connection.Tag);
        await connection.Writer.FlushAsync().ConfigureAwait(false);
        client.StartCompression();
        connection.Reader.Input = client.Input;
        connection.Writer.Output = client.Output;
        return ImapReply.Answered;
    }
}

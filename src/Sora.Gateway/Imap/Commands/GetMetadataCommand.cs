using Sora.Contracts;
using Sora.Gateway.Imap.Metadata;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>GETMETADATA (RFC 5464 section 4.2).</summary>
/// <param name="name">Null for the server's annotations.</param>
internal sealed class GetMetadataCommand(MailboxName? name, List<string> entries, MetadataDepth depth, long maxSize) : ImapCommand
{
    /// <summary>
    /// The options stand before the mailbox by the RFC's syntax and behind it in its examples, and two of these have entries without
    /// parentheses: all of it is taken.
    /// </summary>
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        var options = new Options();
        parser.Space();
        if (parser.Peek((byte)'('))
        {
            options.Parse(ref parser);
            parser.Space();
        }

        var name = parser.MailboxOrServer();
        parser.Space();
        if (parser.Rest is [(byte)'(', var next, ..] && char.IsAsciiLetter((char)next))
        {
            options.Parse(ref parser);
            parser.Space();
        }

        return new GetMetadataCommand(name, Entries(ref parser), options.Depth, options.MaxSize);
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        MailboxTarget? target = null;
        if (name is { } mailbox)
        {
            var found = await MetadataLookup.FindAsync(connection, mailbox, toShare: false, cancellationToken).ConfigureAwait(false);
            if (!found.IsOk)
                return ImapReply.No(found.Error);
            target = found.Value;
        }

        var read = await MetadataLookup.ReadAsync(connection, target, entries, depth, maxSize, cancellationToken).ConfigureAwait(false);
        if (!read.IsOk)
            return ImapReply.No(read.Error);
        MetadataResponse.Write(connection.Writer, target?.Name.Value ?? "", read.Value.Entries());
        return read.Value.LongestLeftOut is > 0 and var longest
            ? ImapReply.Ok("GETMETADATA completed", new MetadataCode("LONGENTRIES", longest))
            : ImapReply.Ok("GETMETADATA completed");
    }

    private static List<string> Entries(ref ImapParser parser)
    {
        if (parser.Peek((byte)'('))
            return parser.MetadataEntryList();
        var entries = new List<string>();
        do
        {
            if (entries.Count == ImapParser.MaxMetadataEntries)
                throw parser.Error($"at most {ImapParser.MaxMetadataEntries} entries");
            entries.Add(parser.MetadataEntryName());
        }
        while (parser.TrySpace());
        return entries;
    }

    /// <summary>getmetadata-options.</summary>
    private struct Options()
    {
        public MetadataDepth Depth { get; private set; }

        public long MaxSize { get; private set; } = long.MaxValue;

        public void Parse(ref ImapParser parser)
        {
            parser.Open();
            do
            {
                switch (parser.Atom("MAXSIZE or DEPTH"))
                {
                    case "MAXSIZE":
                        parser.Space();
                        MaxSize = parser.Number();
                        break;
                    case "DEPTH":
                        parser.Space();
                        Depth = parser.Atom("0, 1 or infinity") switch
                        {
                            "0" => MetadataDepth.Zero,
                            "1" => MetadataDepth.One,
                            "INFINITY" => MetadataDepth.Infinity,
                            _ => throw parser.Error("0, 1 or infinity"),
                        };
                        break;
                    default:
                        throw parser.Error("MAXSIZE or DEPTH");
                }
            }
            while (parser.TrySpace());
            parser.Close();
        }
    }
}

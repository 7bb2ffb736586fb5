using Sora.Gateway.Imap.Contexts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>CANCELUPDATE (RFC 5267 section 4.3.5): the results of these searches are no longer kept up to date.</summary>
internal sealed class CancelUpdateCommand(List<byte[]> tags) : ImapCommand
{
    private const int MaxTags = 1000;

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        var tags = new List<byte[]>();
        do
        {
            if (tags.Count == MaxTags)
                throw parser.Error($"at most {MaxTags} tags");
            parser.Space();
            tags.Add(parser.String());
        }
        while (!parser.AtEnd);
        return new CancelUpdateCommand(tags);
    }

    public override ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var contexts = connection.Selected.Contexts;
        var found = new List<SearchContext>();
        foreach (var tag in tags)
        {
            if (contexts.Find(tag) is not { } context)
                return new(ImapReply.Bad("No search with that tag is kept up to date"));
            found.Add(context);
        }

        foreach (var context in found)
            contexts.Remove(connection, context);
        return new(ImapReply.Ok("CANCELUPDATE completed"));
    }
}

using System.Text;
using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>LANG (RFC 6856 section 3): the language of texts in answers, which is English and nothing else.</summary>
/// <param name="range">The language range (RFC 4647 section 2.1); null for the list.</param>
internal sealed class LangCommand(string? range) : Pop3Command
{
    private static readonly (string Tag, string Name)[] Languages = [("en", "English"), ("i-default", "English for everybody")];

    public static Pop3Command Parse(ref Pop3Arguments arguments) =>
        new LangCommand(arguments.IsAtEnd ? null : Encoding.Latin1.GetString(arguments.Word()));

    public override ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken)
    {
        if (range is not null)
            return new(Find(range) is { } tag ? Pop3Reply.Ok($"{tag} Texts are in English") : Pop3Reply.Error("The language is not known here"));
        Pop3Reply.Ok("language listing follows").Write(connection.Output);
        foreach (var (tag, name) in Languages)
            connection.Output.Line($"{tag} {name}");
        connection.Output.EndOfLines();
        return default;
    }

    // Look-up (RFC 4647 section 3.4): subtags are dropped from the end until something matches
    private static string? Find(string range)
    {
        for (var wanted = range is "*" ? "en" : range; wanted.Length > 0; wanted = wanted[..Math.Max(0, wanted.LastIndexOf('-'))])
        {
            foreach (var (tag, _) in Languages)
            {
                if (tag.Equals(wanted, StringComparison.OrdinalIgnoreCase))
                    return tag;
            }
        }

        return null;
    }
}

using System.Text;
using Sora.Mime;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Tests;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>mime (RFC 5703 section 4): tests look at the headers of parts.</summary>
internal sealed class MimeExtension : SieveExtension
{
    private const string Options = "mime option";
    private const int MaxPartHeader = 64 * 1024;

    private static readonly string[] Tests = ["header", "address", "exists"];
    private static readonly string[] HeaderOnly = ["header"];

    public override string Capability => "mime";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Tag(new TagDefinition
        {
            Name = "mime",
            Calls = Tests,
            Query = static (tag, query) =>
            {
                var isAnyChild = tag.Call.Has("anychild");
                query.Blocks = run => BlocksAsync(run, isAnyChild);
            },
        });
        vocabulary.Tag(new TagDefinition { Name = "anychild", Calls = Tests, Query = static (tag, _) => NeedsMime(tag) });
        Option(vocabulary, "type", static (name, value) => TypeOf(name, value)?.Type);
        Option(vocabulary, "subtype", static (name, value) => TypeOf(name, value)?.Subtype);
        Option(vocabulary, "contenttype", static (name, value) => TypeOf(name, value) is { } type ? Join(type) : null);
        vocabulary.Tag(new TagDefinition
        {
            Name = "param",
            Calls = HeaderOnly,
            Kind = ArgumentKind.StringList,
            Group = Options,
            Query = static (tag, query) =>
            {
                NeedsMime(tag);
                var names = tag.Strings!;
                query.Values = (run, entry) => Parameters(run, entry, names.Get(run));
            },
        });
    }

    private static void Option(Vocabulary vocabulary, string tagName, Func<string, string, string?> read) => vocabulary.Tag(new TagDefinition
    {
        Name = tagName,
        Calls = HeaderOnly,
        Group = Options,
        Query = (tag, query) =>
        {
            NeedsMime(tag);
            query.Values = (_, entry) =>
                read(Encoding.ASCII.GetString(entry.Name), entry.Value.Text) is { } value ? [new SieveValue(value)] : [];
        },
    });

    private static void NeedsMime(TagBinding tag)
    {
        if (!tag.Call.Has("mime"))
            tag.Call.Context.Error(tag.Position, $"':{tag.Definition.Name}' only stands with ':mime'");
    }

    private static async ValueTask<IReadOnlyList<HeaderBlock>> BlocksAsync(SieveRun run, bool isAnyChild)
    {
        var part = run.CurrentPart ?? run.Message.Root;
        var own = await HeadersAsync(run, part);
        if (!isAnyChild)
            return [own];
        var blocks = new List<HeaderBlock> { own };
        foreach (var child in MimeParts.Below(part))
            blocks.Add(await HeadersAsync(run, child));
        return blocks;
    }

    private static ValueTask<HeaderBlock> HeadersAsync(SieveRun run, MimePart part)
    {
        run.Spend(0, 1);
        return ReferenceEquals(part, run.Message.Root) ? new(run.Headers) : run.Message.GetHeadersAsync(part, MaxPartHeader, run.CancellationToken);
    }

    // Type and subtype of Content-Type, the disposition of Content-Disposition, blank for other fields; null for what cannot be read
    private static (string Type, string Subtype)? TypeOf(string name, string value)
    {
        if (name.Equals("Content-Disposition", StringComparison.OrdinalIgnoreCase))
            return Token(value) is { Length: > 0 } disposition && !disposition.Contains('/', StringComparison.Ordinal) ? (disposition, "") : null;
        if (!name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            return ("", "");
        var type = Token(value);
        var slash = type.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < type.Length - 1 ? (type[..slash].Trim(), type[(slash + 1)..].Trim()) : null;
    }

    private static string Token(string value)
    {
        var end = value.AsSpan().IndexOfAny(';', '(');
        return (end < 0 ? value : value[..end]).Trim();
    }

    private static string Join((string Type, string Subtype) type) => type.Subtype.Length == 0 ? type.Type : $"{type.Type}/{type.Subtype}";

    private static List<SieveValue> Parameters(SieveRun run, HeaderEntry entry, string[] names)
    {
        var values = new List<SieveValue>();
        var semicolon = entry.RawValue.IndexOf((byte)';');
        if (semicolon < 0)
            return values;

        // The parser reads parameters of a disposition; those of all fields look the same (RFC 2045 section 5.1)
        run.Spend(entry.RawValue.Length, 10);
        byte[] field = [.. "Content-Disposition: x"u8, .. entry.RawValue[semicolon..], .. "\r\n\r\n"u8];
        var parameters = MimeReader.Parse(field).Root.DispositionParameters;
        foreach (var name in names)
            if (ParameterDecoder.Find(parameters, name) is { } value)
                values.Add(new SieveValue(value));
        return values;
    }
}

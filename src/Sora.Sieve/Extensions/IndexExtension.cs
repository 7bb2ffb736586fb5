using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>index (RFC 5260 section 6).</summary>
internal sealed class IndexExtension : SieveExtension
{
    private static readonly string[] Calls = ["header", "address", "date"];

    public override string Capability => "index";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Tag(new TagDefinition
        {
            Name = "index",
            Calls = Calls,
            Kind = ArgumentKind.Number,
            Query = static (tag, query) =>
            {
                query.Index = tag.Number;
                if (tag.Number == 0)
                    tag.Error("':index' counts from 1");
            },
        });
        vocabulary.Tag(new TagDefinition { Name = "last", Calls = Calls, Query = static (_, query) => query.IsFromLast = true });
    }
}

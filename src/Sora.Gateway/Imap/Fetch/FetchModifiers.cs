using Sora.Contracts;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Fetch;

/// <summary>The modifiers of FETCH: CHANGEDSINCE and VANISHED (RFC 7162), PARTIAL (RFC 9394).</summary>
internal readonly record struct FetchModifiers(ModSeq? ChangedSince, bool Vanished, PartialRange? Partial)
{
    /// <summary><c>"(" fetch-modifier *(SP fetch-modifier) ")"</c>, each at most once and in any order.</summary>
    public static FetchModifiers Parse(ref ImapParser parser, bool byUid)
    {
        var modifiers = default(FetchModifiers);
        parser.Open();
        do
        {
            if (modifiers.ChangedSince is null && parser.TryKeyword("CHANGEDSINCE"u8))
            {
                parser.Space();
                modifiers = modifiers with { ChangedSince = parser.ModSequence() };
            }
            else if (byUid && !modifiers.Vanished && parser.TryKeyword("VANISHED"u8))
            {
                modifiers = modifiers with { Vanished = true };
            }
            else if (modifiers.Partial is null && parser.TryKeyword("PARTIAL"u8))
            {
                parser.Space();
                modifiers = modifiers with { Partial = parser.PartialRange() };
            }
            else
            {
                throw parser.Error(byUid ? "CHANGEDSINCE, VANISHED or PARTIAL" : "CHANGEDSINCE or PARTIAL");
            }
        }
        while (parser.TrySpace());
        parser.Close();
        return modifiers.Vanished && modifiers.ChangedSince is null ? throw parser.Error("CHANGEDSINCE beside VANISHED") : modifiers;
    }
}

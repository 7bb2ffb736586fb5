using System.Buffers;
using System.Collections.Immutable;
using Sora.Contracts;

namespace Sora.Gateway.Sieve;

/// <summary>The flags of imap4flags (RFC 5232) as the mailbox knows them.</summary>
internal static class DeliveryFlags
{
    // The parser of names takes numbers and lists too
    private static readonly SearchValues<char> Letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    public static FlagSet Of(ImmutableArray<string>? flags)
    {
        if (flags is not { IsDefaultOrEmpty: false } given)
            return FlagSet.Empty;
        var system = SystemFlags.None;
        var keywords = ImmutableArray.CreateBuilder<string>();
        foreach (var flag in given)
        {
            if (!flag.StartsWith('\\'))
                keywords.Add(flag);
            else if (!flag.AsSpan(1).ContainsAnyExcept(Letters) && Enum.TryParse<SystemFlags>(flag.AsSpan(1), ignoreCase: true, out var known))
                system |= known;
        }

        return new FlagSet(system, keywords.ToImmutable());
    }
}

using System.Collections.Immutable;
using Sora.Contracts;

namespace Sora.Gateway.Sieve;

/// <summary>The flags of imap4flags (RFC 5232) as the mailbox knows them.</summary>
internal static class DeliveryFlags
{
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
            else if (Enum.TryParse<SystemFlags>(flag.AsSpan(1), ignoreCase: true, out var known) && char.IsAsciiLetter(flag[1]))
                system |= known;
        }

        return new FlagSet(system, keywords.ToImmutable());
    }
}

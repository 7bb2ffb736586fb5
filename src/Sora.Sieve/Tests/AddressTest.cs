using Sora.Sieve.Matching;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Tests;

/// <summary>address (RFC 5228 section 5.1).</summary>
internal sealed class AddressTest(SourcePosition position, HeaderQuery query, MatchArguments match, AddressPart part) : TestNode(position)
{
    // "Implementations MUST restrict the address test to headers that contain addresses": RFC 5322, RFC 2076, RFC 3798 and what is in use
    private static readonly HashSet<string> Fields = new(StringComparer.OrdinalIgnoreCase)
    {
        "From", "To", "Cc", "Bcc", "Sender", "Reply-To", "Resent-From", "Resent-To", "Resent-Cc", "Resent-Bcc", "Resent-Sender", "Resent-Reply-To",
        "Return-Path", "Delivered-To", "Envelope-To", "Envelope-From", "Original-To", "Original-From", "Original-Recipient", "Final-Recipient",
        "Errors-To", "Disposition-Notification-To", "Return-Receipt-To", "Read-Receipt-To", "Apparently-To", "Mail-Followup-To", "Mail-Reply-To",
        "Abuse-Reports-To", "For-Approval", "For-Comment", "For-Handling", "Followup-To", "Approved", "List-Owner", "List-Post", "Disposition-Notification-Options",
        "Registered-Mail-Reply-Requested-By", "Return-Receipt-Requested", "Prevent-Nondelivery-Report", "Author", "DKIM-Sender", "Received-From",
    };

    public override string Name => "address";

    public static AddressTest? Build(CallBinding call)
    {
        // "as if they were standard address header lines" (RFC 5703 section 4.2)
        foreach (var name in call.Has("mime") ? [] : call.Strings(0).Constant ?? [])
        {
            if (!IsAddressField(name))
            {
                call.Context.Error(call.ArgumentPosition(0), $"The header field {SieveText.Show(name)} holds no addresses, so 'address' cannot look at it");
                return null;
            }
        }

        var query = call.HeaderQuery(0);
        return call.Match(1) is { } match ? new AddressTest(call.Position, query, match, call.AddressPart) : null;
    }

    protected override async ValueTask<bool> RunAsync(SieveRun run)
    {
        var matcher = match.For(run);
        var count = 0;
        if (query.Names.Constant is null && query.Blocks is null)
        {
            foreach (var name in query.Names.Get(run))
                if (!IsAddressField(name))
                    throw new SieveRuntimeException($"address: the header field {SieveText.Show(name)} holds no addresses");
        }

        if (query.IsPlain)
        {
            foreach (var name in query.GetNames(run))
                foreach (var entry in run.Headers.Find(name))
                    foreach (var address in entry.Addresses)
                        if (await IsMatchAsync(address))
                            return true;
        }
        else
        {
            foreach (var entry in await query.FindAsync(run))
                foreach (var address in entry.Addresses)
                    if (await IsMatchAsync(address))
                        return true;
        }

        return matcher.CountsValues && matcher.MatchCount(run, count);

        ValueTask<bool> IsMatchAsync(SieveAddressValue address)
        {
            if (part.Select(run, address) is not { } value)
                return new(false);
            count += value.Text.Length > 0 ? 1 : 0;
            return matcher.CountsValues ? new(false) : matcher.MatchAsync(run, value);
        }
    }

    // Fields that nobody knows may hold addresses if their authors say so; names that are no field's match nothing and are no error
    /// <summary>What stands in the field is an address-list of RFC 5322, or a mailbox-list.</summary>
    public static bool IsStandardField(string name) =>
        name.ToUpperInvariant() is "FROM" or "TO" or "CC" or "BCC" or "SENDER" or "REPLY-TO" or "RESENT-FROM" or "RESENT-TO" or "RESENT-CC" or "RESENT-BCC"
            or "RESENT-SENDER" or "DISPOSITION-NOTIFICATION-TO" or "MAIL-FOLLOWUP-TO" or "MAIL-REPLY-TO";

    private static bool IsAddressField(string name) =>
        Fields.Contains(name) || name.StartsWith("X-", StringComparison.OrdinalIgnoreCase) || !HeaderName.IsValid(name);
}

using System.Text;
using Sora.Contracts;

namespace Sora.Mailstore.Sieve;

/// <summary>The script for users without one of their own, when the operator names no other.</summary>
internal static class DefaultScript
{
    // The script asks for this field and for the detail, and for nothing else
    private const string SpamField = "X-Spam";

    private const string Text =
        """
        require ["fileinto", "envelope", "subaddress", "variables", "mailbox", "ihave"];

        # What the spam filter before us has marked
        if header :is "FIELD" "Yes" {
            if ihave "special-use" {
                fileinto :specialuse "\\Junk" "Junk";
            } else {
                fileinto "Junk";
            }
            stop;
        }

        # user+detail@example.com
        if envelope :detail :matches "to" "?*" {
            set "detail" "${0}";
            DETAIL
        }

        """;

    private const string IfThere =
        """
        if mailboxexists "${detail}" {
                fileinto "${detail}";
            }
        """;

    /// <summary>Files mail for a detail into the mailbox of that name if there is one.</summary>
    public static SieveGlobalScript Plain { get; } = Make(IfThere);

    /// <summary>As <see cref="Plain"/>, but creates the mailbox.</summary>
    public static SieveGlobalScript Creating { get; } = Make("""fileinto :create "${detail}";""");

    private static SieveGlobalScript Make(string detail)
    {
        var content = Encoding.UTF8.GetBytes(Text.Replace("FIELD", SpamField, StringComparison.Ordinal).Replace("DETAIL", detail, StringComparison.Ordinal).ReplaceLineEndings("\r\n"));
        return new SieveGlobalScript("default", ScriptHash.Of(content), content) { OnlyWithField = SpamField };
    }
}

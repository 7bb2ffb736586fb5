using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 5233 (subaddress) with the results that it gives.</summary>
public sealed class Rfc5233Tests
{
    // Section 4: the parts of "ken+sieve@example.org", with the separator that a site uses
    [Theory]
    [InlineData(":user", "ken")]
    [InlineData(":detail", "sieve")]
    [InlineData(":localpart", "ken+sieve")]
    [InlineData(":domain", "example.org")]
    [InlineData(":all", "ken+sieve@example.org")]
    public void Parts_4(string part, string value) => Holds(
        $"address {part} :is \"to\" \"{value}\"", "To: ken+sieve@example.org\n\n", "\"subaddress\"").ShouldBeTrue();

    // "If there is no separator, :detail matches nothing"; with nothing behind it, it is the empty string
    [Theory]
    [InlineData("ken@example.org", "address :detail :contains \"to\" \"\"", false)]
    [InlineData("ken+@example.org", "address :detail :is \"to\" \"\"", true)]
    [InlineData("ken@example.org", "address :user :is \"to\" \"ken\"", true)]
    [InlineData("ken+a+b@example.org", "address :detail :is \"to\" \"a+b\"", true)]
    public void TheSeparator_4(string to, string test, bool holds) => Holds(test, $"To: {to}\n\n", "\"subaddress\"").ShouldBe(holds);

    // "Implementations MUST make sure that the encoding method ... matches that which is used and/or allowed by the encompassing mail system": any of its separators
    [Theory]
    [InlineData("+-", "ken-a+b@example.org", "ken", "a+b")]
    [InlineData("+-", "ken+-a@example.org", "ken", "-a")]
    [InlineData("-", "ken+a@example.org", "ken+a", null)]
    [InlineData("", "ken+a@example.org", "ken+a", null)]
    [InlineData("+", "\"ken smith+a b\"@example.org", "ken smith", "a b")]
    public void TheSeparatorsAreTheHosts_4(string separators, string to, string user, string? detail)
    {
        var host = new TestHost { Separators = separators };
        Holds($"address :user :is \"to\" \"{user}\"", $"To: {to}\n\n", "\"subaddress\"", host).ShouldBeTrue();
        Holds("address :detail :matches \"to\" \"*\"", $"To: {to}\n\n", "\"subaddress\"", host).ShouldBe(detail is not null);
        Holds($"address :detail :is \"to\" \"{detail}\"", $"To: {to}\n\n", "\"subaddress\"", host).ShouldBe(detail is not null);
    }

    [Theory]
    [InlineData("postmaster@example.com", "fileinto inbox.postmaster")]
    [InlineData("Postmaster+x@example.com", "fileinto inbox.postmaster")]
    [InlineData("ken+mta-filters@example.com", "fileinto inbox.ietf-mta-filters")]
    [InlineData("ken+foo@example.com", "redirect ken@example.net")]
    [InlineData("ken@example.com", "(keep)")]
    public void Example_4(string to, string outcome) => Outcome(
        """
        require ["envelope", "subaddress", "fileinto"];

        # In this example the same user account receives mail for both
        # "ken@example.com" and "postmaster@example.com"

        # File all messages to postmaster into a single mailbox,
        # ignoring the :detail part.
        if envelope :user "to" "postmaster" {
            fileinto "inbox.postmaster";
            stop;
        }

        # File mailing list messages (subscribed as "ken+mta-filters").
        if envelope :detail "to" "mta-filters" {
            fileinto "inbox.ietf-mta-filters";
        }

        # Redirect all mail sent to "ken+foo".
        if envelope :detail "to" "foo" {
            redirect "ken@example.net";
        }
        """,
        envelope: new SieveEnvelope { From = "a@b", To = to }).ShouldBe(outcome);
}

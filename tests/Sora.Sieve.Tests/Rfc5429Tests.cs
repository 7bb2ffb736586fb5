using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 5429 (reject, ereject) with the results that it gives.</summary>
public sealed class Rfc5429Tests
{
    [Theory]
    [InlineData("From: someone@example.com\n\n", "ereject I no longer accept mail from this address")]
    [InlineData("From: else@example.com\n\n", "(keep)")]
    public void Ereject_2_1(string message, string outcome) => Outcome(
        """
        require ["ereject"];

        if address "from" "someone@example.com" {
            ereject "I no longer accept mail from this address";
        }
        """,
        message).ShouldBe(outcome);

    [Fact]
    public void RejectOfALargeMessage_2_2()
    {
        const string script = """
            require ["reject"];

            if size :over 100K {
                reject text:
            Your message is too big.  If you want to send me a big attachment,
            put it on a public web site and send me a URL.
            .
                ;
            }
            """;
        Outcome(script).ShouldBe("(keep)");
        Outcome(script, MessageA + new string('x', 110_000))
            .ShouldBe("reject Your message is too big.  If you want to send me a big attachment,\r\nput it on a public web site and send me a URL.");
    }

    [Theory]
    [InlineData(MessageA, "reject I am not taking mail from you, and I don't\r\nwant your birdseed, either!")]
    [InlineData(MessageB, "(keep)")]
    public void Reject_2_2(string message, string outcome) => Outcome(
        """
        require ["reject"];

        if header :contains "from" "coyote@desert.example.org" {
            reject text:
        I am not taking mail from you, and I don't
        want your birdseed, either!
        .
            ;
        }
        """,
        message).ShouldBe(outcome);

    [Theory]
    [InlineData(0.6, "ereject AntiSpam engine thinks your message is spam.\r\nIt is therefore being refused.\r\nPlease call 1-900-PAY-US if you want to reach us.")]
    [InlineData(0.35, "fileinto Suspect")]
    [InlineData(0.1, "(keep)")]
    public void EitherOr_2_5(double score, string outcome) => Outcome(
        """
        require ["ereject", "spamtest", "fileinto", "relational",
                 "comparator-i;ascii-numeric"];

        if spamtest :value "ge"
                    :comparator "i;ascii-numeric" "6" {
            ereject text:
        AntiSpam engine thinks your message is spam.
        It is therefore being refused.
        Please call 1-900-PAY-US if you want to reach us.
        .
            ;
        } elsif spamtest :value "ge"
                         :comparator "i;ascii-numeric" "4" {
            fileinto "Suspect";
        }
        """,
        host: new TestHost { Checks = { [SieveCheckKind.Spam] = score } }).ShouldBe(outcome);
}

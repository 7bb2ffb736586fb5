using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 5235 (spamtest, virustest) with the results that it gives.</summary>
public sealed class Rfc5235Tests
{
    [Theory]
    [InlineData(null, "fileinto INBOX.unclassified")]
    [InlineData(0.0, "(keep)")]
    [InlineData(0.1, "(keep)")]
    [InlineData(0.23, "fileinto INBOX.spam-trap")]
    [InlineData(0.25, "fileinto INBOX.spam-trap")]
    [InlineData(1.0, "fileinto INBOX.spam-trap")]
    public void SpamTest_3_2_1(double? score, string outcome) => Outcome(
        """
        require ["spamtest", "fileinto", "relational", "comparator-i;ascii-numeric"];

        if spamtest :value "eq" :comparator "i;ascii-numeric" "0"
        {
            fileinto "INBOX.unclassified";
        }
        elsif spamtest :value "ge" :comparator "i;ascii-numeric" "3"
        {
            fileinto "INBOX.spam-trap";
        }
        """,
        host: Host(SieveCheckKind.Spam, score)).ShouldBe(outcome);

    [Theory]
    [InlineData(null, "fileinto INBOX.unclassified")]
    [InlineData(0.0, "fileinto INBOX.not-spam")]
    [InlineData(0.36, "fileinto INBOX.spam-trap")]
    [InlineData(0.37, "discard")]
    public void SpamTestPlus_3_2_2(double? score, string outcome)
    {
        const string rest = """
            elsif spamtest :percent :value "eq"
                           :comparator "i;ascii-numeric" "0"
            {
                fileinto "INBOX.not-spam";
            }
            elsif spamtest :percent :value "lt"
                           :comparator "i;ascii-numeric" "37"
            {
                fileinto "INBOX.spam-trap";
            }
            else
            {
                discard;
            }
            """;

        // Two ways of asking whether it was checked at all
        foreach (var unchecked_ in (string[])["spamtest :value \"eq\"", "spamtest :percent :count \"eq\""])
            Outcome(
                $$"""
                require ["spamtestplus", "fileinto", "relational",
                         "comparator-i;ascii-numeric"];

                if {{unchecked_}}
                            :comparator "i;ascii-numeric" "0"
                {
                    fileinto "INBOX.unclassified";
                }
                {{rest}}
                """,
                host: Host(SieveCheckKind.Spam, score)).ShouldBe(outcome);
    }

    [Theory]
    [InlineData(null, "fileinto INBOX.unclassified")]
    [InlineData(0.0, "(keep)")]
    [InlineData(0.75, "fileinto INBOX.quarantine")]
    [InlineData(1.0, "discard")]
    public void VirusTest_3_3(double? score, string outcome) => Outcome(
        """
        require ["virustest", "fileinto", "relational", "comparator-i;ascii-numeric"];

        if virustest :value "eq" :comparator "i;ascii-numeric" "0"
        {
            fileinto "INBOX.unclassified";
        }
        if virustest :value "eq" :comparator "i;ascii-numeric" "4"
        {
            fileinto "INBOX.quarantine";
        }
        elsif virustest :value "eq" :comparator "i;ascii-numeric" "5"
        {
            discard;
        }
        """,
        host: Host(SieveCheckKind.Virus, score)).ShouldBe(outcome);

    [Fact]
    public void PercentNeedsSpamTestPlus_3_2() => Errors("require \"spamtest\"; if spamtest :percent \"0\" { stop; }").ShouldContain("require \"spamtestplus\"");

    // The greatest value is for what is certain; a value counts once it is reached
    [Theory]
    [InlineData(0.0, 1, 0, 1)]
    [InlineData(0.2, 2, 20, 1)]
    [InlineData(0.5, 5, 50, 3)]
    [InlineData(0.8, 8, 80, 4)]
    [InlineData(0.999, 9, 99, 4)]
    [InlineData(1.0, 10, 100, 5)]
    [InlineData(2.9 / 10, 3, 29, 2)]
    public void AScoreIsTheLastValueThatItReaches(double score, int spam, int percent, int virus)
    {
        var host = new TestHost { Checks = { [SieveCheckKind.Spam] = score, [SieveCheckKind.Virus] = score } };
        Holds($"allof (spamtest :is \"{spam}\", spamtest :percent :is \"{percent}\", virustest :is \"{virus}\")", require: "[\"spamtestplus\", \"virustest\"]", host: host)
            .ShouldBeTrue();
    }

    private static TestHost Host(SieveCheckKind kind, double? score)
    {
        var host = new TestHost();
        if (score is { } known)
            host.Checks[kind] = known;
        return host;
    }
}

using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 5231 (relational) with the results that it gives.</summary>
public sealed class Rfc5231Tests
{
    // Section 6: what the header is and what matches
    [Theory]
    [InlineData("address :count \"ge\" :comparator \"i;ascii-numeric\" [\"to\"] [\"3\"]", true)]
    [InlineData("anyof ( address :count \"ge\" :comparator \"i;ascii-numeric\" [\"to\"] [\"3\"], address :count \"ge\" :comparator \"i;ascii-numeric\" [\"cc\"] [\"3\"] )", true)]
    [InlineData("address :count \"ge\" :comparator \"i;ascii-numeric\" [\"to\", \"cc\"] [\"3\"]", true)]
    [InlineData("address :count \"eq\" :comparator \"i;ascii-numeric\" [\"to\", \"cc\"] [\"3\"]", false)]
    [InlineData("header :count \"ge\" :comparator \"i;ascii-numeric\" [\"received\"] [\"3\"]", true)]
    [InlineData("header :count \"ge\" :comparator \"i;ascii-numeric\" [\"received\", \"subject\"] [\"3\"]", true)]
    [InlineData("header :count \"ge\" :comparator \"i;ascii-numeric\" [\"to\", \"cc\"] [\"3\"]", false)]
    public void Counting_6(string test, bool holds) => Holds(
        test,
        """
        Received: 1
        Received: 2
        Received: 3
        From: stuart@example.com
        To: foo@example.com, baz@example.com, foo@example.com
        Cc: qux@example.com
        Subject: x

        x
        """,
        "[\"relational\", \"comparator-i;ascii-numeric\"]").ShouldBe(holds);

    [Theory]
    [InlineData("X-Priority: 1\n", "fileinto Priority")]
    [InlineData("X-Priority: 3\nTo: a@x, b@x, c@x, d@x, e@x, f@x\n", "fileinto SPAM")]
    [InlineData("X-Priority: 3\nTo: a@x\nFrom: stuart@example.com\n", "fileinto From N-Z")]
    [InlineData("X-Priority: 3\nTo: a@x\nFrom: alice@example.com\n", "fileinto From A-M")]
    [InlineData("X-Priority: 3\nTo: me@foo.example.com\nFrom: alice@example.com\n", "fileinto From A-M; fileinto Only me")]
    public void ExtendedExample_7(string header, string outcome) => Outcome(
        """
        require ["relational", "comparator-i;ascii-numeric", "fileinto"];

        if header :value "lt" :comparator "i;ascii-numeric"
                  ["x-priority"] ["3"]
        {
           fileinto "Priority";
        }

        elsif address :count "gt" :comparator "i;ascii-numeric"
                   ["to"] ["5"]
        {
           # everything with more than 5 recipients in the "to" field
           # is considered SPAM
           fileinto "SPAM";
        }

        elsif address :value "gt" :all :comparator "i;ascii-casemap"
                   ["from"] ["M"]
        {
           fileinto "From N-Z";
        } else {
           fileinto "From A-M";
        }

        if allof ( address :count "eq" :comparator "i;ascii-numeric"
                           ["to", "cc"] ["1"] ,
                   address :all :comparator "i;ascii-casemap"
                           ["to", "cc"] ["me@foo.example.com"] )
        {
           fileinto "Only me";
        }
        """,
        header + "\n").ShouldBe(outcome);
}

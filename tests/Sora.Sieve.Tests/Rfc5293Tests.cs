using System.Text;
using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 5293 (editheader) with the results that it gives.</summary>
public sealed class Rfc5293Tests
{
    [Theory]
    [InlineData("Subject: x\n\n", "addheader X-Sieve-Filtered: <kim@job.example.com>; redirect kim@home.example.com")]
    [InlineData("X-Sieve-Filtered: <kim@home.example.com>\n\n", "(keep)")]
    public void AddHeader_4(string message, string outcome) => Outcome(
        """
        require "editheader";
        /* Don't redirect if we already redirected */
        if not header :contains "X-Sieve-Filtered"
                ["<kim@job.example.com>", "<kim@home.example.com>"]
        {
                addheader "X-Sieve-Filtered" "<kim@job.example.com>";
                redirect "kim@home.example.com";
        }
        """,
        message).ShouldBe(outcome);

    // "will delete the first field if it contains", not the first that contains
    [Theory]
    [InlineData("bob@example.com", "alice@example.com", "Delivered-To: alice@example.com")]
    [InlineData("alice@example.com", "bob@example.com", "Delivered-To: alice@example.com|Delivered-To: bob@example.com")]
    public void DeleteByIndexAndValue_5(string first, string second, string left) => Header(
        """
        deleteheader :index 1 :contains "Delivered-To"
                                "bob@example.com";
        """,
        $"Delivered-To: {first}\nDelivered-To: {second}\n\n").ShouldBe(left);

    [Theory]
    [InlineData("addheader \"X-Hello\" \"World\"; deleteheader :index 1 \"X-Hello\";", "X-Hello: a|X-Hello: b|X-Hello: c")]
    [InlineData("deleteheader :index 1 \"X-Hello\"; deleteheader :index 2 \"X-Hello\";", "X-Hello: b")]
    public void Counting_5(string script, string left) => Header(script, "X-Hello: a\nX-Hello: b\nX-Hello: c\n\n").ShouldBe(left);

    [Fact]
    public void TestsSeeWhatWasAdded_6() => Outcome(
        """
        require ["editheader", "fileinto"];
        addheader "X-Hello" "World";
        if header :contains "X-Hello" "World"
        {
                fileinto "international";
        }
        """).ShouldBe("addheader X-Hello: World; fileinto international");

    // "keep; addheader; keep" stores one message: with the field or without
    [Fact]
    public void OneMessage_7()
    {
        var result = Run(
            """
            require "editheader";
            keep;
            addheader "X-Flavor" "vanilla";
            keep;
            """);
        result.Actions.OfType<KeepAction>().Count().ShouldBe(1);
        result.ImplicitKeep.ShouldBeFalse();
    }

    private static string Header(string script, string message)
    {
        var result = Run($"require \"editheader\";\n{script}", message);
        var header = Encoding.ASCII.GetString((result.KeepMessage?.Header ?? Message(message).Header).Span);
        return header.TrimEnd().Replace("\r\n", "|", StringComparison.Ordinal);
    }
}

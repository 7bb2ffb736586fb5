using System.Text;
using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>editheader (RFC 5293), duplicate (RFC 7352), special-use (RFC 8579), mailboxid (RFC 9042).</summary>
public sealed class EditTests
{
    private const string Hellos = "X-Hello: one\nX-Hello: two\nX-Hello: three\nSubject: s\nReceived: r\nAuto-Submitted: no\n\nbody";

    [Theory]
    [InlineData("addheader \"X-Hello\" \"World\"; deleteheader :index 1 \"X-Hello\";", "X-Hello: one|X-Hello: two|X-Hello: three")]
    [InlineData("deleteheader :index 1 \"X-Hello\"; deleteheader :index 2 \"X-Hello\";", "X-Hello: two")]
    [InlineData("deleteheader :index 1 :last \"X-Hello\";", "X-Hello: one|X-Hello: two")]
    [InlineData("deleteheader \"x-hello\";", "")]
    [InlineData("deleteheader :contains \"X-Hello\" [\"t\"];", "X-Hello: one")]
    [InlineData("deleteheader :index 1 :contains \"X-Hello\" \"two\";", "X-Hello: one|X-Hello: two|X-Hello: three")]
    [InlineData("deleteheader :index 9 \"X-Hello\"; deleteheader \"X-None\";", "X-Hello: one|X-Hello: two|X-Hello: three")]
    [InlineData("deleteheader \"Received\"; deleteheader \"Auto-Submitted\"; deleteheader \"X-Hello\"; addheader \"X-Hello\" \"a  b\";", "X-Hello: a  b")]
    [InlineData("deleteheader \"X-Hello\"; addheader :last \"X-Hello\" \"last\"; addheader \"X-Hello\" \"first\";", "X-Hello: first|X-Hello: last")]
    public void EditHeader(string script, string fields)
    {
        var result = Run($"require \"editheader\"; {script}", Hellos);
        result.ImplicitKeep.ShouldBeTrue();
        var header = result.KeepMessage is null ? Encoding.ASCII.GetString(Message(Hellos).Header.Span) : Encoding.ASCII.GetString(result.KeepMessage.Header.Span);
        string.Join('|', header.Split("\r\n").Where(static line => line.StartsWith("X-Hello", StringComparison.Ordinal))).ShouldBe(fields);
        header.ShouldContain("Received: r\r\n");
        header.ShouldContain("Auto-Submitted: no\r\n");
        header.ShouldEndWith("\r\n\r\n");
    }

    [Fact]
    public void TestsSeeTheChangedHeader() => Outcome(
        """
        require ["editheader", "fileinto"];
        addheader "X-Hello" "World";
        if header :contains "X-Hello" "World"
        {
                fileinto "international";
        }
        """).ShouldBe("addheader X-Hello: World; fileinto international");

    [Fact]
    public void AChangedMessageIsTheSameMessage() =>
        Outcome("require \"editheader\"; keep; addheader \"X-Flavor\" \"vanilla\"; keep;").ShouldBe("keep; addheader X-Flavor: vanilla");

    [Fact]
    public void AnErrorKeepsTheMessageAsItCame()
    {
        var result = Run("require [\"editheader\", \"ihave\"]; addheader \"X\" \"y\"; error \"e\";");
        result.ImplicitKeep.ShouldBeTrue();
        result.KeepMessage.ShouldBeNull();
    }

    // RFC 2047 section 5: an encoded word stands for a name, never for an address
    [Theory]
    [InlineData("To", "\u2217 <a@b.example>, c@d.example", "To: =?UTF-8?B?4oiX?= <a@b.example>,\r\n c@d.example")]
    [InlineData("Reply-To", "'\u2217, x' <a@b.example>", "Reply-To: =?UTF-8?B?4oiXLCB4?= <a@b.example>")]
    [InlineData("To", "A <a@b.example>", "To: A <a@b.example>")]
    [InlineData("X-Note", "\u2217 <a@b.example>", "X-Note: =?UTF-8?B?4oiXIDxhQGIuZXhhbXBsZT4=?=")]
    public void AddressesInAddedFieldsAreNotEncoded(string name, string value, string field)
    {
        var result = Run($"require \"editheader\"; addheader \"{name}\" \"{value.Replace("'", "\\\"", StringComparison.Ordinal)}\";");
        Encoding.ASCII.GetString(result.KeepMessage!.Header.Span).ShouldContain($"{field}\r\n");
    }

    [Theory]
    [InlineData("Gr\u00FC\u00DFe \U0001F600")]
    [InlineData("=?utf-8?Q?no?=")]
    [InlineData("a\tb   c")]
    public void AddedValuesComeBackAsTheyWere(string value)
    {
        var longer = value + string.Concat(Enumerable.Repeat($" {value}", 40));
        foreach (var text in (string[])[value, longer, new string('x', 3000)])
        {
            var result = Run($"require [\"editheader\", \"fileinto\"]; addheader \"X-Long\" \"{text}\"; if header :is :comparator \"i;octet\" \"X-Long\" \"{text}\" {{ fileinto \"same\"; }}");
            result.Actions.OfType<FileIntoAction>().ShouldHaveSingleItem();
            foreach (var line in Encoding.UTF8.GetString(result.Actions[1].Message!.Header.Span).Split("\r\n"))
            {
                line.Length.ShouldBeLessThanOrEqualTo(998);
                line.All(char.IsAscii).ShouldBeTrue();
            }
        }
    }

    [Theory]
    [InlineData("addheader \"X Y\" \"z\";")]
    [InlineData("addheader \"X:\" \"z\";")]
    [InlineData("deleteheader \"\u00FC\";")]
    [InlineData("deleteheader :last \"X\";")]
    [InlineData("addheader :index 1 \"X\" \"z\";")]
    public void EditMistakes(string script) => Errors($"require \"editheader\"; {script}").ShouldNotBeEmpty();

    [Fact]
    public void EditsAreLimited() => Outcome(
        "require \"editheader\";" + string.Concat(Enumerable.Repeat("addheader \"X\" \"y\";", 65))).ShouldContain("changed more than 64 times");

    // RFC 7352 section 3.2: the three are the same
    [Theory]
    [InlineData("duplicate")]
    [InlineData("duplicate :header \"message-id\"")]
    [InlineData("duplicate :uniqueid \"<1@x>\"")]
    [InlineData("duplicate :handle \"\"")]
    public void Duplicate(string test)
    {
        const string message = "Message-ID:\n <1@x>\nMessage-ID: <2@x>\n\n";
        var host = new TestHost();
        var result = Run($"require \"duplicate\"; if {test} {{ discard; }}", message, host);
        Show(result).ShouldBe("(keep)");
        result.Duplicates.ShouldHaveSingleItem().ShouldBe(new SieveDuplicate("", "<1@x>", TimeSpan.FromDays(7)));
        host.Seen.Add("|<1@x>");
        result = Run($"require \"duplicate\"; if {test} {{ discard; }}", message, host);
        Show(result).ShouldBe("discard");
        result.Duplicates.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("duplicate :seconds 0", 0, 0)]
    [InlineData("duplicate :header \"no field\"", 0, 0)]
    [InlineData("duplicate :header \"X-None\"", 0, 0)]
    [InlineData("duplicate :seconds 60 :handle \"h\"", 1, 60)]
    [InlineData("duplicate :seconds 9223372036854775807", 1, 30 * 86_400)]
    [InlineData("anyof(duplicate, duplicate)", 1, 7 * 86_400)]
    [InlineData("anyof(duplicate, duplicate :seconds 5)", 1, 5)]
    public void WhatIsRemembered(string test, int count, int seconds)
    {
        var result = Run($"require \"duplicate\"; if {test} {{ discard; }}", "Message-ID: <1@x>\n\n");
        Show(result).ShouldBe("(keep)");
        result.Duplicates.Length.ShouldBe(count);
        if (count > 0)
            result.Duplicates[0].Lifetime.ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public void LastRemembersAgainAndAnErrorForgets()
    {
        var host = new TestHost { Seen = { "|<1@x>" } };
        Run("require \"duplicate\"; if duplicate :last { discard; }", "Message-ID: <1@x>\n\n", host).Duplicates.ShouldHaveSingleItem();
        Run("require [\"duplicate\", \"ihave\"]; if not duplicate { error \"e\"; }", "Message-ID: <1@y>\n\n", host).Duplicates.ShouldBeEmpty();
        Errors("require \"duplicate\"; if duplicate :header \"a\" :uniqueid \"b\" { stop; }").ShouldContain("exclude each other");
    }

    [Theory]
    [InlineData("specialuse_exists \"\\\\Junk\"", true)]
    [InlineData("specialuse_exists [\"\\\\Junk\", \"\\\\Sent\"]", false)]
    [InlineData("specialuse_exists \"Spam\" \"\\\\junk\"", true)]
    [InlineData("specialuse_exists \"INBOX\" \"\\\\Junk\"", false)]
    [InlineData("mailboxidexists \"F1\"", true)]
    [InlineData("mailboxidexists [\"F1\", \"F2\"]", false)]
    public void MailboxTests(string test, bool holds) => Holds(
        test, require: "[\"special-use\", \"mailboxid\"]", host: new TestHost { SpecialUses = { ["Spam"] = "\\Junk" }, MailboxIds = { "F1" } }).ShouldBe(holds);

    [Theory]
    [InlineData("fileinto :specialuse \"\\\\Junk\" \"Spam\";", "fileinto Spam :specialuse \\Junk")]
    [InlineData("fileinto :create :specialuse \"\\\\Junk\" \"Spam\";", "fileinto Spam :create :specialuse \\Junk")]
    [InlineData("fileinto :mailboxid \"F1\" \"Work\";", "fileinto Work :mailboxid F1")]
    [InlineData("fileinto :mailboxid \"F1\" \"Work\"; fileinto \"Work\";", "fileinto Work :mailboxid F1; fileinto Work")]
    public void MailboxTags(string script, string outcome) =>
        Outcome($"require [\"fileinto\", \"mailbox\", \"special-use\", \"mailboxid\"]; {script}").ShouldBe(outcome);

    [Theory]
    [InlineData("fileinto :specialuse \"Junk\" \"Spam\";", "no special use")]
    [InlineData("fileinto :specialuse \"\\\\Junk\" :mailboxid \"F1\" \"Spam\";", "exclude each other")]
    public void MailboxMistakes(string script, string message) => Errors($"require [\"fileinto\", \"special-use\", \"mailboxid\"]; {script}").ShouldContain(message);
}

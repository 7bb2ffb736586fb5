using System.Text;

namespace Sora.Mime.Tests;

public class SortKeysTests
{
    [Fact]
    public void All_keys_of_a_message()
    {
        var keys = Of("""
            Date: Mon, 2 Jan 2023 23:30:00 -0500
            From: =?utf-8?q?J=C3=B6rg?= <joerg@example.com>, b@example.com
            To: undisclosed: a@example.com;
            Cc: plain@example.org
            Subject: Re: [list] Fwd: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
            Message-ID: <two@example.com>
            In-Reply-To: <other@example.com>
            References: <zero@example.com>
             <"one"@example.com>
            """);
        keys.SentDate.ShouldBe(new DateTimeOffset(2023, 1, 3, 4, 30, 0, TimeSpan.Zero).ToUnixTimeSeconds());
        keys.SentDay.ShouldBe(new DateOnly(2023, 1, 2).DayNumber);
        keys.From.ShouldBe("JOERG");
        keys.DisplayFrom.ShouldBe("JO\u0308RG");
        keys.To.ShouldBe("UNDISCLOSED");
        keys.DisplayTo.ShouldBe("UNDISCLOSED");
        keys.Cc.ShouldBe("PLAIN");
        keys.Subject.ShouldBe("GRU\u0308ßE");
        keys.IsReply.ShouldBeTrue();
        keys.MessageId.ShouldBe(SortKeys.HashOf("two@example.com"));
        keys.References.ShouldBe([SortKeys.HashOf("zero@example.com"), SortKeys.HashOf("one@example.com")]);
    }

    [Fact]
    public void Without_References_the_first_id_of_In_Reply_To_counts()
    {
        Of("In-Reply-To: <a@x> <b@x>").References.ShouldBe([SortKeys.HashOf("a@x")]);
        Of("References: nothing useful\nIn-Reply-To: Your message of Monday <a@x>").References.ShouldBe([SortKeys.HashOf("a@x")]);
        Of("In-Reply-To: Your message of Monday").References.ShouldBeEmpty();
    }

    [Fact]
    public void A_message_without_a_header_has_keys_too()
    {
        var keys = Of("");
        keys.ShouldBeEquivalentTo(new SortKeys());
    }

    [Fact]
    public void Display_without_a_name_is_the_address() => Of("From: <Joe@Example.com>").DisplayFrom.ShouldBe("JOE@EXAMPLE.COM");

    [Fact]
    public void Keys_are_bounded()
    {
        var references = new StringBuilder("References:");
        for (var i = 0; i < 5000; i++)
            references.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n <{i}@x>");
        var keys = Of($"Subject: {new string('s', 100_000)}\n{references}");
        keys.Subject.Length.ShouldBe(SortKeys.MaxLength);
        keys.References.Length.ShouldBe(SortKeys.MaxReferences);
        keys.References[0].ShouldBe(SortKeys.HashOf("0@x")); // It names the conversation
        keys.References[1].ShouldBe(SortKeys.HashOf("4801@x"));
        keys.References[^1].ShouldBe(SortKeys.HashOf("4999@x"));
    }

    private static SortKeys Of(string header)
    {
        var bytes = Encoding.UTF8.GetBytes(header.ReplaceLineEndings("\r\n") + "\r\n\r\n");
        return SortKeys.Of(Envelope.Parse(bytes), bytes);
    }
}

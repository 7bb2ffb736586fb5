namespace Sora.Mime.Tests;

public sealed class AddressTests
{
    [Theory]
    [InlineData("user@domain", "(NIL NIL 'user' 'domain')")]
    [InlineData("From Real <fromuser@fromdomain.org>", "('From Real' NIL 'fromuser' 'fromdomain.org')")]
    [InlineData("user@domain (Real Name)", "('Real Name' NIL 'user' 'domain')")]
    [InlineData("<@route:user@domain>", "(NIL '@route' 'user' 'domain')")]
    [InlineData("<@a, @b:user@domain>", "(NIL '@a,@b' 'user' 'domain')")]
    [InlineData("\"Last, First\" <a@b>, c@d", "('Last, First' NIL 'a' 'b') (NIL NIL 'c' 'd')")]
    [InlineData("\"quo\\\"te\" <a@b>", "('quo\"te' NIL 'a' 'b')")]
    [InlineData("\"john doe\"@x.org", "(NIL NIL 'john doe' 'x.org')")]
    [InlineData("John Q. Public <a@b>", "('John Q. Public' NIL 'a' 'b')")]
    [InlineData("a . b @ c . d", "(NIL NIL 'a.b' 'c.d')")]
    [InlineData("a@[127.0.0.1]", "(NIL NIL 'a' '[127.0.0.1]')")]
    [InlineData("=?utf-8?Q?J=C3=B6rg?= <a@b>", "('=?utf-8?Q?J=C3=B6rg?=' NIL 'a' 'b')")]
    [InlineData("J\u00f6rg <a@b>", "('J\u00f6rg' NIL 'a' 'b')")]
    [InlineData("group: g1@d1.org, g2@d2.org;, group2: g3@d3.org;",
        "(NIL NIL 'group' NIL) (NIL NIL 'g1' 'd1.org') (NIL NIL 'g2' 'd2.org') (NIL NIL NIL NIL) (NIL NIL 'group2' NIL) (NIL NIL 'g3' 'd3.org') (NIL NIL NIL NIL)")]
    [InlineData("undisclosed-recipients:;", "(NIL NIL 'undisclosed-recipients' NIL) (NIL NIL NIL NIL)")]
    [InlineData("g: a@b", "(NIL NIL 'g' NIL) (NIL NIL 'a' 'b') (NIL NIL NIL NIL)")]
    [InlineData("A Group:Ed <e@x>;", "(NIL NIL 'A Group' NIL) ('Ed' NIL 'e' 'x') (NIL NIL NIL NIL)")]
    [InlineData("root", "(NIL NIL 'root' '')")]
    [InlineData("root, other", "(NIL NIL 'root' '') (NIL NIL 'other' '')")]
    [InlineData("a@b; c@d", "(NIL NIL 'a' 'b') (NIL NIL 'c' 'd')")]
    [InlineData("a@b,, ,c@d,", "(NIL NIL 'a' 'b') (NIL NIL 'c' 'd')")]
    [InlineData("a@b <a@b>", "('a@b' NIL 'a' 'b')")]
    [InlineData("'a@b' via List <l@x>", "(''a@b' via List' NIL 'l' 'x')")]
    [InlineData("Real Name a@b", "('Real Name' NIL 'a' 'b')")]
    [InlineData("<a@b, c@d", "(NIL NIL 'a' 'b') (NIL NIL 'c' 'd')")]
    [InlineData("<<a@b>>", "(NIL NIL 'a' 'b')")]
    [InlineData("<mailto:a@b>", "(NIL NIL 'a' 'b')")]
    [InlineData("Name <a>", "('Name' NIL 'a' '')")]
    [InlineData("Name <>", "('Name' NIL '' '')")]
    [InlineData("a@b (c (nested) \\) d)", "('c (nested) ) d' NIL 'a' 'b')")]
    [InlineData("(before) a@b", "('before' NIL 'a' 'b')")]
    [InlineData("\"\" <a@b>", "(NIL NIL 'a' 'b')")]
    [InlineData("\"unclosed <a@b>, c@d", "(NIL NIL 'unclosed <a@b>, c@d' '')")]
    [InlineData("Name\r\n <a@b>", "('Name' NIL 'a' 'b')")]
    [InlineData("a\0b@c", "(NIL NIL 'ab' 'c')")]
    [InlineData("@", "(NIL NIL '' '')")]
    [InlineData(")>", "")]
    [InlineData(" ", "")]
    public void Addresses_are_read_as_people_write_them(string written, string read) =>
        Mail.Show(MailAddress.ParseList(Mail.Bytes(written))).ShouldBe(read.Replace('\'', '"').Replace("(\"\"a@b\"", "(\"'a@b'"));

    [Fact]
    public void Sender_and_reply_to_default_to_from()
    {
        var absent = Mail.Parse("From: a@b\n\n").Envelope;
        var empty = Mail.Parse("Sender: \nReply-To:\nFrom: a@b\n\n").Envelope;
        var own = Mail.Parse("Sender: c@d\nFrom: a@b\nReply-To: e@f\n\n").Envelope;

        absent.Sender.ShouldBeSameAs(absent.From);
        empty.ReplyTo.ShouldBeSameAs(empty.From);
        Mail.Show(own.Sender).ShouldBe("(NIL NIL \"c\" \"d\")");
        Mail.Show(own.ReplyTo).ShouldBe("(NIL NIL \"e\" \"f\")");
    }

    [Fact]
    public void Envelope_text_is_unfolded_and_empty_is_not_absent()
    {
        var envelope = Mail.Parse("Subject: a\n  b\n\tc\nIn-Reply-To:\nDate: x\nDate: y\n\n").Envelope;

        Mail.Latin(envelope.Subject).ShouldBe("a  b\tc");
        envelope.InReplyTo.ShouldBe([]);
        envelope.MessageId.ShouldBeNull();
        Mail.Latin(envelope.Date).ShouldBe("x");
    }

    [Fact]
    public void Addresses_have_a_limit_that_leaves_groups_closed()
    {
        string list = string.Join(',', Enumerable.Range(0, 50).Select(i => $"g{i}: a@b, c@d;"));
        byte[] mail = Mail.Bytes($"To: {list}\nCc: x@y\n\n");
        for (int max = 0; max < 20; max++)
        {
            var envelope = Mail.Parse(mail, mail.Length, new MimeLimits { MaxAddresses = max }).Envelope;

            (envelope.To.Count + envelope.Cc.Count).ShouldBeLessThanOrEqualTo(max);
            envelope.To.Count(a => a.IsGroupStart).ShouldBe(envelope.To.Count(a => a.IsGroupEnd));
        }
    }
}

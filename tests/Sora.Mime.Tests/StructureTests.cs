namespace Sora.Mime.Tests;

public sealed class StructureTests
{
    private const string Mixed = "Content-Type: multipart/mixed; boundary=b\n\n";

    /// <summary>Mail, its shape, and the body of its first leaf.</summary>
    public static TheoryData<string, string, string> Mails => new()
    {
        { "", "text/plain", "" },
        { "\n", "text/plain", "" },
        { "Subject: x\n\nhello\n", "text/plain", "hello\r\n" },
        { "Subject: x\n", "text/plain", "" },
        { "Subject: x", "text/plain", "" },
        { "\nno header\n", "text/plain", "no header\r\n" },
        { "no header, no empty line\n", "text/plain", "" },
        { "From x@y Sat Jan  3 01:05:34 1996\nSubject: mbox\nContent-Type: text/html\n\nb", "text/html", "b" },
        { "Content-Type: text\n\nb", "text/plain", "b" },
        { "Content-Type: text/\n\nb", "text/plain", "b" },
        { "Content-Type: /plain\n\nb", "text/plain", "b" },
        { "Content-Type:\n\nb", "text/plain", "b" },
        { "Content-Type: ;;;\n\nb", "text/plain", "b" },
        { "Content-Type: te\u00e4t/plain\n\nb", "text/plain", "b" },
        { "Content-Type: application/pdf;\n\nb", "application/pdf", "b" },
        { "Content-Type: TEXT/HTML (comment (nested)); x=y\n\nb", "TEXT/HTML", "b" },
        { "Content-Type: (c) text (d) / (e) html\n\nb", "text/html", "b" },
        { "content-type : text/html\n\nb", "text/html", "b" },
        { "Content-Type:\n text/html\n\nb", "text/html", "b" },
        { "Content-Type: text/html\nContent-Type: image/png\n\nb", "text/html", "b" },
        { "Content-Type: image/png\n \n\t\n\nb", "image/png", "b" },
        { "Content-Type: multipart/mixed\n\n--b\n\nx\n--b--\n", "text/plain", "--b\r\n\r\nx\r\n--b--\r\n" },
        { "Content-Type: multipart/mixed; boundary=\"\"\n\n--\nx\n", "text/plain", "--\r\nx\r\n" },
        { Mixed + "--b\n\none\n--b\n\ntwo\n--b--\n", "multipart/mixed(text/plain text/plain)", "one" },
        { Mixed + "preamble\n--b\n\none\n--b--\nepilogue\n--b\n\nno part\n", "multipart/mixed(text/plain)", "one" },
        { Mixed + "--b\nContent-Type: text/html\n\none\n", "multipart/mixed(text/html)", "one\r\n" },
        { Mixed + "--b\n\none\n--b", "multipart/mixed(text/plain text/plain)", "one" },
        { Mixed + "--b\n\none\n--b--", "multipart/mixed(text/plain)", "one" },
        { Mixed + "nothing here\n", "multipart/mixed(text/plain)", "" },
        { Mixed, "multipart/mixed(text/plain)", "" },
        { Mixed.TrimEnd(), "multipart/mixed(text/plain)", "" },
        { Mixed + "--b--\n", "multipart/mixed(text/plain)", "" },
        { Mixed + "--b\n--b\n--b--\n", "multipart/mixed(text/plain text/plain)", "" },
        { Mixed + "--b\n\n--b--\n", "multipart/mixed(text/plain)", "" },
        { Mixed + "--b\n\n\n--b--\n", "multipart/mixed(text/plain)", "" },
        { Mixed + "--b\n\n\n\n--b--\n", "multipart/mixed(text/plain)", "\r\n" },
        { Mixed + "--b\nContent-Type: image/png\n--b--\n", "multipart/mixed(image/png)", "" },
        { Mixed + "--b \t\n\none\n--b-- \n", "multipart/mixed(text/plain)", "one" },
        { Mixed + "--b\n\n--b2\n --b\n-b\n--\n---b\nx--b\n--b--\n", "multipart/mixed(text/plain)", "--b2\r\n --b\r\n-b\r\n--\r\n---b\r\nx--b" },
        { Mixed + "--b\n\n--b--x\n--b--\n", "multipart/mixed(text/plain)", "--b--x" },
        { "Content-Type: multipart/mixed; boundary=\"b \"\n\n--b\n\none\n--b--\n", "multipart/mixed(text/plain)", "one" },
        { "Content-Type: multipart/mixed; boundary=\"foo\n bar\"\n\n--foo bar\n\none\n--foo bar--\n", "multipart/mixed(text/plain)", "one" },
        { "Content-Type: multipart/mixed; BOUNDARY = b\n\n--b\n\none\n--b--\n", "multipart/mixed(text/plain)", "one" },
        { "Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\n\n--ab\n\none\n--ab--\n", "multipart/mixed(text/plain)", "one" },
        { "Content-Type: multipart/mixed; boundary*=us-ascii''%62\n\n--b\n\none\n--b--\n", "multipart/mixed(text/plain)", "one" },
        { "Content-Type: multipart/mixed boundary=b\n\n--b\n\none\n--b--\n", "multipart/mixed(text/plain)", "one" },
        { "Content-Type: multipart/mixed; boundary=b; boundary=c\n\n--b\n\none\n--c\n--b--\n", "multipart/mixed(text/plain)", "one\r\n--c" },
        { "Content-Type: multipart/mixed; boundary=\"b--\"\n\n--b--\n\none\n--b----\n", "multipart/mixed(text/plain)", "one" },
        {
            Mixed + "--b\nContent-Type: multipart/alternative; boundary=b2\n\n--b2\n\none\n--b2\n\ntwo\n--b2--\n--b\n\nthree\n--b--\n",
            "multipart/mixed(multipart/alternative(text/plain text/plain) text/plain)", "one"
        },
        {
            "Content-Type: multipart/mixed; boundary=b2\n\n--b2\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--b2\n\nthree\n--b2--\n",
            "multipart/mixed(multipart/alternative(text/plain) text/plain)", "one"
        },
        {
            // an inner boundary that was never closed
            Mixed + "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\none\n--b\n\nthree\n--c\nnot open\n--b--\n",
            "multipart/mixed(multipart/alternative(text/plain) text/plain)", "one"
        },
        {
            // the same boundary twice: the inner one comes first
            Mixed + "--b\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--b--\n--b\n\nthree\n--b--\n",
            "multipart/mixed(multipart/alternative(text/plain) text/plain)", "one"
        },
        { "Content-Type: message/rfc822\n\nSubject: in\n\nhello\n", "message/rfc822<text/plain>", "hello\r\n" },
        { "Content-Type: message/global\n\nSubject: in\n\nhello\n", "message/global<text/plain>", "hello\r\n" },
        { "Content-Type: message/rfc822\n\n", "message/rfc822<text/plain>", "" },
        { "Content-Type: message/rfc822\n", "message/rfc822<text/plain>", "" },
        { "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeA0KDQp4\n", "message/rfc822<text/plain>", "" },
        { "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n", "message/delivery-status", "Reporting-MTA: dns; x\r\n" },
        {
            Mixed + "--b\nContent-Type: message/rfc822\n\nContent-Type: text/html\n--b--\n",
            "multipart/mixed(message/rfc822<text/html>)", ""
        },
        {
            Mixed + "--b\nContent-Type: message/rfc822\n--b\n\nx\n--b--\n",
            "multipart/mixed(message/rfc822<text/plain> text/plain)", ""
        },
        {
            "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: 1\n\none\n--b\nContent-Type: text/plain\n\ntwo\n--b--\n",
            "multipart/digest(message/rfc822<text/plain> text/plain)", "one"
        },
        { "Content-Type: multipart/digest; boundary=b\n\n--b\n--b--\n", "multipart/digest(message/rfc822<text/plain>)", "" },
        { "Subject: a\0b\n\nx\0y\n", "text/plain", "x\0y\r\n" },
        { "Subject: \u00e9\nContent-Type: text/plain; charset=\u00e9\n\n\u00e9", "text/plain", "\u00e9" },
    };

    [Theory]
    [MemberData(nameof(Mails))]
    public void Finds_the_parts_of_whole_and_broken_mail(string mail, string shape, string firstBody)
    {
        byte[] bytes = Mail.Crlf(mail);
        var root = MimeReader.Parse(bytes).Root;

        Mail.Shape(root).ShouldBe(shape);
        var leaf = root;
        while (leaf.IsMultipart || leaf.IsMessage)
            leaf = leaf.Message ?? leaf.Children[0];
        Mail.Body(bytes, leaf).ShouldBe(firstBody);
        Offsets.ShouldBeConsistent(root, bytes);
    }

    [Theory]
    [MemberData(nameof(Mails))]
    public void Bare_line_feeds_give_the_same_parts(string mail, string shape, string firstBody)
    {
        byte[] bytes = Mail.Bytes(mail);
        var root = MimeReader.Parse(bytes).Root;

        Mail.Shape(root).ShouldBe(shape);
        firstBody.ShouldNotBeNull();
        Offsets.ShouldBeConsistent(root, bytes);
    }

    [Theory]
    [MemberData(nameof(Mails))]
    public void Chunks_do_not_matter(string mail, string shape, string firstBody)
    {
        byte[] bytes = Mail.Crlf(mail);
        string whole = Mail.Shape(MimeReader.Parse(bytes).Root, offsets: true);

        shape.ShouldNotBeNull();
        firstBody.ShouldNotBeNull();
        foreach (int chunk in (int[])[1, 2, 3, 5, 7, 16])
            Mail.Shape(Mail.Parse(bytes, chunk).Root, offsets: true).ShouldBe(whole);
    }

    [Fact]
    public void Lines_and_size_leave_out_the_line_break_of_the_boundary()
    {
        var part = Mail.Parse("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n\n--b--\n").Root.Children[0];

        part.Size.ShouldBe(7);
        part.Lines.ShouldBe(1);
    }

    [Fact]
    public void An_embedded_message_has_lines_and_an_envelope()
    {
        var root = Mail.Parse("Subject: out\nContent-Type: message/rfc822\n\nSubject: in\nFrom: a@b\n\nx\ny\n");

        root.Root.Lines.ShouldBe(5);
        Mail.Latin(root.Envelope.Subject).ShouldBe("out");
        Mail.Latin(root.Root.Envelope!.Subject).ShouldBe("in");
        Mail.Show(root.Root.Envelope.Sender).ShouldBe("(NIL NIL \"a\" \"b\")");
    }

    [Fact]
    public void All_content_fields_are_kept()
    {
        var part = Mail.Parse("""
            Content-Type: text/plain; charset="utf-8"; name=my file.txt
            Content-Transfer-Encoding: (x) Quoted-Printable
            Content-ID: <id@x>
            Content-Description: what
             it is
            Content-MD5: Q2hlY2s=
            Content-Disposition: attachment; filename="a\"b.txt"; size=3
            Content-Language: en, de (German), fr-CA
            Content-Location: http://x/

            x
            """).Root;

        Mail.Shape(part, offsets: true).ShouldBe(
            $"text/plain[0,{part.BodyStart},{part.End},0];charset=utf-8;name=my file.txt;filename=a\"b.txt;size=3|Quoted-Printable|attachment|"
            + "\"<id@x>\"\"what it is\"\"Q2hlY2s=\"\"http://x/\"en,de,fr-CA");
    }

    [Theory]
    [InlineData("a=b; c=d", "a=b;c=d")]
    [InlineData("a=\"b;c\" ; d = \"e\"", "a=b;c;d=e")]
    [InlineData("a=\"unclosed; b=c", "a=unclosed; b=c")]
    [InlineData("a=b c=d", "a=b;c=d")]
    [InlineData("a=\"b\" c=d", "a=b;c=d")]
    [InlineData("a=b (comment); c=(comment) d", "a=b;c=d")]
    [InlineData("a; =b; c=d;;", "c=d")]
    [InlineData("a=; c=d", "a=;c=d")]
    [InlineData("a=x\\y", "a=x\\y")]
    [InlineData("filename*0*=utf-8''%41; filename*1=b", "filename*0*=utf-8''%41;filename*1=b")]
    public void Parameters_are_read_as_people_write_them(string written, string read)
    {
        var parameters = Mail.Parse($"Content-Type: text/plain; {written}\n\n").Root.Parameters;

        string.Join(';', parameters.Select(p => $"{Mail.Latin(p.Name)}={Mail.Latin(p.Value)}")).ShouldBe(read);
    }

    [Fact]
    public void A_missing_type_is_us_ascii_text_and_a_stated_one_has_no_invented_charset()
    {
        Mail.Latin(Mail.Parse("Subject: x\n\n").Root.Parameters[0].Value).ShouldBe("us-ascii");
        Mail.Parse("Content-Type: text/plain\n\n").Root.Parameters.ShouldBeEmpty();
    }

    [Fact]
    public void Nesting_beyond_the_limit_is_one_opaque_leaf()
    {
        var text = new System.Text.StringBuilder();
        for (int i = 0; i < 10_000; i++)
            text.Append($"Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n");
        var root = Mail.Parse(text.ToString()).Root;

        int depth = 0;
        while (root.IsMultipart)
        {
            root.Children.Count.ShouldBe(1);
            root = root.Children[0];
            depth++;
        }
        depth.ShouldBe(100);
        Mail.Shape(root).ShouldBe("application/octet-stream");
    }

    [Fact]
    public void Messages_nested_beyond_the_limit_are_one_opaque_leaf()
    {
        var root = Mail.Parse(string.Concat(Enumerable.Repeat("Content-Type: message/rfc822\n\n", 10_000))).Root;

        int depth = 0;
        for (; root.Message is not null; depth++)
            root = root.Message;
        depth.ShouldBe(100);
        Mail.Shape(root).ShouldBe("application/octet-stream");
    }

    [Fact]
    public void Parts_beyond_the_limit_belong_to_the_last_one()
    {
        byte[] mail = Mail.Crlf("Content-Type: multipart/mixed; boundary=b\n\n" + string.Concat(Enumerable.Repeat("--b\n\nx\n", 20)) + "--b--\n");
        var root = Mail.Parse(mail, mail.Length, new MimeLimits { MaxParts = 11 }).Root;

        root.Children.Count.ShouldBe(10);
        root.Children[9].End.ShouldBe(mail.Length);
        Offsets.ShouldBeConsistent(root, mail);
    }

    [Fact]
    public void A_header_beyond_its_limit_is_cut_but_not_the_offsets()
    {
        byte[] mail = Mail.Crlf("Subject: x\nX: " + new string('y', 5000) + "\n\nbody");
        foreach (int chunk in (int[])[100, mail.Length])
        {
            var message = Mail.Parse(mail, chunk, new MimeLimits { MaxHeaderBytes = 1000 });

            message.HeaderTruncated.ShouldBeTrue();
            message.Header.Length.ShouldBe(1000);
            Mail.Body(mail, message.Root).ShouldBe("body");
        }
        MimeReader.Parse(mail).HeaderTruncated.ShouldBeFalse();
        MimeReader.Parse(mail).Header.ToArray().ShouldBe(mail[..^4]);
    }

    [Fact]
    public void A_reader_can_be_used_again()
    {
        var reader = new MimeReader();
        reader.Write(Mail.Crlf("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx"));
        reader.Complete();
        Should.Throw<InvalidOperationException>(() => reader.Write("x"u8));
        reader.Reset();
        reader.Write(Mail.Crlf("Subject: second\n\n--b\n"));
        var message = reader.Complete();

        Mail.Shape(message.Root).ShouldBe("text/plain");
        Mail.Latin(message.Envelope.Subject).ShouldBe("second");
    }

    [Theory]
    [InlineData("Message-ID: <a@b>", "a@b")]
    [InlineData("Message-ID:\n <a@b> (comment)", "a@b")]
    [InlineData("Message-ID: a@b", "a@b")]
    [InlineData("Message-ID: <\"a\"@b>", "a@b")]
    [InlineData("Message-ID: ", null)]
    [InlineData("X: y", null)]
    public void The_message_id_is_normalised(string field, string? id) => Mail.Parse(field + "\n\n").MessageId.ShouldBe(id);

    [Fact]
    public void References_are_a_list()
    {
        MessageIds.Parse("<a@b> junk <c@d>\r\n <>\t<e@f"u8).ShouldBe(["a@b", "c@d"]);
        MessageIds.Parse("<1><2><3><4><5>"u8, max: 2).ShouldBe(["4", "5"]);
    }
}

using System.Text;

namespace Sora.Gateway.Tests.Imap;

/// <summary>TEXT looks at the header fields of parts and of embedded messages, BODY at none of the former (RFC 9051 section 6.4.4).</summary>
[Collection("imap")]
public sealed class SearchPartsTests(ImapFixture fixture)
{
    private static readonly string[] Mail =
    [
        """
        Subject: first
        Content-Type: multipart/mixed; boundary=b

        --b

        words
        --b
        Content-Type: application/pdf;
         name="report
         q3.pdf"
        Content-Description: =?utf-8?Q?die_Gr=C3=B6=C3=9Fe?=
        Content-Transfer-Encoding: base64

        cmVwb3J0
        --b--

        """,
        """
        Subject: second
        Content-Type: multipart/mixed; boundary=b

        --b
        Content-Type: text/plain

        words
        --b
        Content-Type: application/pdf
        Content-Disposition: attachment; filename*0*=utf-8''%C3%BCber; filename*1*=sicht%202.pdf

        binary
        --b--

        """,
        """
        Subject: third
        Content-Type: multipart/mixed; boundary=b

        --b
        Content-Type: message/rfc822

        Subject: inner
        X-Inner: one
         needle
        Content-Type: multipart/alternative; boundary=c

        --c
        Content-Language: tlh

        deep
        --c--
        --b--

        """,
        "Subject: fourth\nX-Inner: two\n\nwords\n",
        "Subject: fifth\nContent-Type: application/pdf; name*=utf-8''%C3%BCbel.pdf\n\nwords\n",
        "Subject: sixth\n\nneedle\n",
        """
        Subject: seventh
        Content-Type: multipart/report; report-type=delivery-status; boundary=b

        --b

        failed
        --b
        Content-Type: message/delivery-status

        Final-Recipient: rfc822; nobody@example.net
        --b--

        """,
    ];

    private static readonly (string Keys, string Result)[] Cases =
    [
        ("TEXT REPORT", " 1 7"),
        ("TEXT \"report q3.PDF\"", " 1"),
        ("BODY \"q3\"", ""),
        ("BODY pdf", ""),
        ("TEXT größe", " 1"),
        ("TEXT \"description: die GRÖSSE\"", ""),
        ("TEXT \"description: DIE GRÖ\"", " 1"),
        ("TEXT übersicht", " 2"),
        ("TEXT \"übersicht 2.pdf\"", " 2"),
        ("TEXT \"utf-8''%C3\"", " 2 5"),
        ("TEXT übel.pdf", " 5"),
        ("TEXT \"x-inner: one needle\"", " 3"),
        ("BODY x-inner", ""),
        ("TEXT x-inner", " 3 4"),
        ("TEXT needle", " 3 6"),
        ("BODY needle", " 6"),
        ("BODY inner", " 3"),
        ("TEXT tlh", " 3"),
        ("TEXT \"tlh deep\"", ""),
        ("NOT TEXT pdf", " 3 4 6 7"),
        ("OR TEXT tlh BODY needle", " 3 6"),
        ("HEADER X-Inner \"\"", " 4"),
        ("HEADER X-Inner needle", ""),
        ("HEADER Content-Type pdf", " 5"),
        ("HEADER Content-Description \"\"", ""),
        ("SUBJECT inner", ""),
        ("TEXT pdf BODY words SUBJECT i", " 1"),
        ("BODY nobody@example", " 7"),
        ("FUZZY TEXT \"pdf words\"", " 1 2"),
    ];

    [Fact]
    public async Task Headers_of_parts()
    {
        var user = await fixture.UserAsync();
        foreach (var mail in Mail)
            await user.DeliverAsync(mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        await CompareAsync("before indexing");
        while (await fixture.Search.IndexDueAsync(CancellationToken.None) > 0)
        {
        }

        await CompareAsync("with the index");
        fixture.Messages.IsBroken = true;
        try
        {
            (await client.DoAsync("SEARCH TEXT tlh")).ShouldBe(["* SEARCH 3"]);
            (await client.DoAsync("SEARCH NOT TEXT application/pdf")).ShouldBe(["* SEARCH 3 4 6 7"]);
        }
        finally
        {
            fixture.Messages.IsBroken = false;
        }

        async Task CompareAsync(string state)
        {
            foreach (var (keys, result) in Cases)
            {
                (await client.DoAsync($"SEARCH CHARSET UTF-8 {Command(keys)}")).ShouldBe(["* SEARCH" + result], $"{state}: {keys}");
            }
        }
    }

    // Quoted strings are 7-bit, so those that are not go as literals
    private static string Command(string keys) => string.Concat(keys.Split('"').Select(static (text, at) => at % 2 == 1 ? Literal(text) : Words(text)));

    private static string Words(string text) => string.Join(' ', text.Split(' ').Select(static word => word.All(char.IsAscii) ? word : Literal(word)));

    private static string Literal(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return $"{{{bytes.Length}+}}\r\n{Encoding.Latin1.GetString(bytes)}";
    }
}

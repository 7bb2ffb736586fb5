using System.Text;

namespace Sora.Gateway.Tests.Imap;

/// <summary>RFC 5255 section 4.6: how texts are compared that are not what their charset says (I18NLEVEL=1).</summary>
[Collection("imap")]
public sealed class Rfc5255Tests(ImapFixture fixture)
{
    private const string Broken = "=D0=92=D0=B0=D1=81=D0=B8=D0=BB=D0=B8=FF=B9";

    private static readonly string[] Subjects =
    [
        "=?utf-8?Q?=D0=C0=D0=BD=D0=B4=D1=80=D0=B5=D0=B9?=", // no UTF-8
        "=?utf-8?Q?=D1=81=D0=95=D0=A0=D0=93=D0=95=D0=99?=",
        $"=?utf-8?Q?{Broken}?=", // no UTF-8
        "=?koi8-r?Q?=E1=CC=C5=CB=D3=C5=CA?=",
    ];

    [Fact]
    public async Task What_cannot_be_decoded_sorts_behind_everything_else()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Array.ConvertAll(Subjects, static subject => $"Subject: {subject}\n\n"));
        using var client = await user.LogInAsync("SELECT INBOX");
        (await client.DoAsync("SORT (SUBJECT) UTF-8 ALL")).ShouldBe(["* SORT 4 2 3 1"]);
        (await client.DoAsync("SORT (REVERSE SUBJECT) UTF-8 ALL")).ShouldBe(["* SORT 1 3 2 4"]);
    }

    [Fact]
    public async Task Senders_too()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Array.ConvertAll(Subjects, static name => $"From: {name} <a@example.com>\nTo: {name} <b@example.com>\n\n"));
        using var client = await user.LogInAsync("SELECT INBOX");
        (await client.DoAsync("SORT (DISPLAYFROM) UTF-8 ALL")).ShouldBe(["* SORT 4 2 3 1"]);
        (await client.DoAsync("SORT (DISPLAYTO) UTF-8 ALL")).ShouldBe(["* SORT 4 2 3 1"]);
    }

    // "The original decoded text is collated using the i;octet comparator": what is ASCII in it is found all the same
    [Theory]
    [InlineData("Content-Type: text/plain; charset=x-nobody-knows\n\nthe needle is here \u00ff\u00fe\n", "BODY")]
    [InlineData("Content-Type: text/plain; charset=utf-8\n\nthe needle is here \u00ff\u00fe\n", "BODY")]
    [InlineData("Content-Type: text/plain; charset=iso-2022-jp\n\nthe needle is here \u00ff\u00fe\n", "TEXT")]
    [InlineData("Subject: =?x-nobody-knows?Q?the_needle_is_here_=FF?=\n\nx\n", "SUBJECT")]
    [InlineData("Subject: =?utf-8?Q?the_needle_is_here_=FF?=\n\nx\n", "SUBJECT")]
    [InlineData("Subject: the needle is here \u00ff\n\nx\n", "HEADER Subject")]
    public async Task What_is_readable_of_it_is_found(string message, string key)
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: other\n\nother\n", message);
        using var client = await user.LogInAsync("SELECT INBOX");
        (await client.DoAsync($"SEARCH {key} \"needle is\"")).ShouldBe(["* SEARCH 2"]);
        (await client.DoAsync($"SEARCH CHARSET UTF-8 NOT {key} \"needle is\"")).ShouldBe(["* SEARCH 1"]);
    }

    // Section 4.2: i;unicode-casemap, of titlecase and decomposition
    [Theory]
    [InlineData("STRASSE", "strasse")]
    [InlineData("ΣΊΣΥΦΟΣ", "σίσυφος")] // the titlecase of a final sigma is that of the other one
    [InlineData("ΣΊΣΥΦΟΣ", "σίσυφοσ")]
    [InlineData("Ångström", "A\u030angstro\u0308m")] // composed or not
    [InlineData("ﬁn", "fin")] // compatibility characters
    [InlineData("①", "1")]
    [InlineData("ＡＢＣ", "abc")]
    [InlineData("ǆ", "Ǆ")]
    [InlineData("Straße", "strasse", false)] // only simple mappings
    public async Task Texts_that_are_the_same(string text, string key, bool isSame = true)
    {
        var user = await fixture.UserAsync();
        var bytes = Encoding.UTF8.GetBytes(key);
        await user.DeliverAsync($"Subject: =?utf-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}?=\n\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        (await client.DoAsync($"SEARCH CHARSET UTF-8 SUBJECT {{{bytes.Length}+}}\r\n{Encoding.Latin1.GetString(bytes)}")).ShouldBe(["* SEARCH" + (isSame ? " 1" : "")]);
    }
}

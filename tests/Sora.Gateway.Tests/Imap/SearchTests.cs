using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

[Collection("imap")]
public sealed class SearchTests(ImapFixture fixture)
{
    private static async Task<TestUser> MailboxAsync(ImapFixture fixture)
    {
        var user = await fixture.UserAsync();
        await user.DeliverToAsync("INBOX", "Date: Tue, 4 Feb 2020 23:30:00 -0500\nFrom: Ann <ann@example.com>\nTo: bob@example.com\nSubject: first\n\nplain words\n");
        await user.DeliverToAsync(
            "INBOX",
            "Date: Wed, 5 Feb 2020 10:00:00 +0000\nFrom: Bob <bob@example.com>\nCc: carol@example.com\nSubject: =?utf-8?Q?gr=C3=BC=C3=9Fe?=\nX-Tag: one\n\nsecond body\n",
            FlagSet.Of(SystemFlags.Seen | SystemFlags.Flagged, "$Work"));
        await user.DeliverToAsync(
            "INBOX",
            "From: Carol <carol@example.com>\nSubject: third\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nR2VoZWltZXIgU2NoYXR6IGFtIFNlZQ==\n",
            FlagSet.Of(SystemFlags.Deleted));
        return user;
    }

    [Fact]
    public async Task Keys()
    {
        var user = await MailboxAsync(fixture);
        using var client = await user.LogInAsync("SELECT INBOX");
        (string Keys, string Result)[] cases =
        [
            ("ALL", " 1 2 3"),
            ("1:2", " 1 2"),
            ("2:*", " 2 3"),
            ("5:9", ""),
            ("UID 2", " 2"),
            ("NOT 2", " 1 3"),
            ("SEEN", " 2"),
            ("UNSEEN UNDELETED", " 1"),
            ("OR SEEN DELETED", " 2 3"),
            ("NOT (OR SEEN DELETED)", " 1"),
            ("KEYWORD $work", " 2"),
            ("UNKEYWORD $Work", " 1 3"),
            ("KEYWORD unknown", ""),
            ("FLAGGED DRAFT", ""),
            ("ON 5-Feb-2020", " 1 2 3"),
            ("BEFORE 5-Feb-2020", ""),
            ("SINCE \"5-feb-2020\"", " 1 2 3"),
            ("SENTON 4-Feb-2020", " 1"),
            ("SENTSINCE 5-Feb-2020", " 2"),
            ("SENTBEFORE 5-Feb-2020", " 1"),
            ("LARGER 10", " 1 2 3"),
            ("SMALLER 10", ""),
            ("FROM ann", " 1"),
            ("FROM EXAMPLE.COM", " 1 2 3"),
            ("TO bob", " 1"),
            ("CC carol", " 2"),
            ("BCC x", ""),
            ("SUBJECT first", " 1"),
            ("CHARSET UTF-8 SUBJECT {7+}\r\nGR\u00c3\u009c\u00c3\u009fE", " 2"),
            ("CHARSET ISO-8859-1 SUBJECT {5+}\r\ngr\u00fc\u00dfe", " 2"),
            ("HEADER X-Tag one", " 2"),
            ("HEADER x-tag \"\"", " 2"),
            ("HEADER Nope \"\"", ""),
            ("BODY words", " 1"),
            ("BODY first", ""),
            ("BODY schatz", " 3"),
            ("TEXT first", " 1"),
            ("TEXT \"am see\"", " 3"),
            ("NOT BODY body", " 1 3"),
            ("OR BODY words SUBJECT third", " 1 3"),
            ("(ALL) (1,3)", " 1 3"),
        ];
        foreach (var (keys, result) in cases)
            (await client.DoAsync("SEARCH " + keys)).ShouldBe(["* SEARCH" + result], keys);
    }

    [Fact]
    public async Task Extended_results_and_the_saved_one()
    {
        var user = await MailboxAsync(fixture);
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a1 SEARCH RETURN (MIN MAX COUNT ALL) ALL
            S: * ESEARCH (TAG "a1") MIN 1 MAX 3 ALL 1:3 COUNT 3
            S: a1 OK SEARCH completed
            C: a2 UID SEARCH RETURN () NOT 2
            S: * ESEARCH (TAG "a2") UID ALL 1,3
            S: a2 OK SEARCH completed
            C: a3 SEARCH RETURN (MIN COUNT) DRAFT
            S: * ESEARCH (TAG "a3") COUNT 0
            S: a3 OK SEARCH completed
            C: a4 SEARCH RETURN (SAVE) NOT 2
            S: a4 OK SEARCH completed
            C: a5 FETCH $ UID
            S: * 1 FETCH (UID 1)
            S: * 3 FETCH (UID 3)
            S: a5 OK FETCH completed
            C: a6 UID SEARCH RETURN (ALL) UID $ DELETED
            S: * ESEARCH (TAG "a6") UID ALL 3
            S: a6 OK SEARCH completed
            C: a7 SEARCH RETURN (SAVE MIN) ALL
            S: * ESEARCH (TAG "a7") MIN 1
            S: a7 OK SEARCH completed
            C: a8 UID FETCH $ FLAGS
            S: * 1 FETCH (UID 1 FLAGS (…))
            S: a8 OK FETCH completed
            C: a9 EXPUNGE
            S: * 3 EXPUNGE
            S: a9 OK EXPUNGE completed
            C: b1 SEARCH CHARSET X-NONE SUBJECT x
            S: b1 NO [BADCHARSET (US-ASCII UTF-8 …)] …
            C: b2 ENABLE IMAP4rev2
            S: * ENABLED IMAP4rev2
            S: b2 OK ENABLE completed
            C: b3 SEARCH SEEN
            S: * ESEARCH (TAG "b3") ALL 2
            S: b3 OK SEARCH completed
            C: b4 SEARCH DRAFT
            S: * ESEARCH (TAG "b4")
            S: b4 OK SEARCH completed
            """);
    }
}

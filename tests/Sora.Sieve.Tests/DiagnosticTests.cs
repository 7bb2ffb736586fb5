using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>What authors of scripts commonly get wrong: one mistake is one message, at its place, and it says what helps.</summary>
public sealed class DiagnosticTests
{
    [Theory]
    [InlineData("require \"fileinto\"\nkeep;", "line 2, column 1: error: 'require' takes one string list; a semicolon may be missing before this: expected ';', found 'keep'")]
    [InlineData("require \"fileinto\"; fileinto INBOX;", "line 1, column 30: error: The mailbox of the command 'fileinto' is a string: expected a string in double quotes, found 'inbox'")]
    [InlineData("require \"fileinto\"; fileinto keep;", "line 1, column 21: error: The command 'fileinto' lacks its mailbox: expected a string, found nothing\n"
        + "line 1, column 30: error: The command 'fileinto' takes no test; a semicolon may be missing before it: expected ';', found 'keep'")]
    [InlineData("if (true) { keep; }", "line 1, column 5: error: 'if' takes one test without parentheses")]
    [InlineData("if true keep;", "line 1, column 9: error: A block in braces follows the test: expected '{', found 'keep'")]
    [InlineData("if not anyof (true, false) keep;", "line 1, column 28: error: The command 'if' is not complete: expected '{', found 'keep'")]
    [InlineData("if true or false { keep; }", "line 1, column 9: error: Tests are joined by a test around them: expected 'anyof (test, test)', found 'or'")]
    [InlineData("if true and false { keep; }", "line 1, column 9: error: Tests are joined by a test around them: expected 'allof (test, test)', found 'and'")]
    [InlineData("if true then { keep; }", "line 1, column 9: error: The test 'true' is over here: expected '{', ',' or ')', found 'then'")]
    [InlineData("if anyof true, false { keep; }", "line 1, column 4: error: 'anyof' takes its tests in parentheses: expected '(' behind 'anyof'")]
    [InlineData("if not allof header \"a\" \"b\", false { keep; }", "line 1, column 8: error: 'allof' takes its tests in parentheses: expected '(' behind 'allof'")]
    [InlineData("require [\"fileinto\" \"copy\" \"reject\"]; fileinto :copy \"x\";", "line 1, column 21: error: The string list is not closed: expected ',' or ']', found the string \"copy\"")]
    [InlineData("require [\"fileinto\", \"copy\"; fileinto :copy \"x\";", "line 1, column 28: error: The string list is not closed: expected ',' or ']', found ';'")]
    [InlineData("require [fileinto, copy]; fileinto :copy \"x\";", "line 1, column 10: error: A string list holds strings: expected a string in double quotes, found 'fileinto'")]
    [InlineData("require fileinto; fileinto \"x\";", "line 1, column 9: error: The capabilities that 'require' takes are strings: expected a string in double quotes, found 'fileinto'")]
    [InlineData("require \"fileinto\"\nkeep; fileinto \"x\";", "line 2, column 1: error: 'require' takes one string list; a semicolon may be missing before this: expected ';', found 'keep'")]
    [InlineData("require [\"fileinto\", ]; fileinto \"x\";", "line 1, column 22: error: A string list holds strings: expected a string, found ']'")]
    [InlineData("if header \"a\" [] { keep; }", "line 1, column 16: error: A string list holds strings: expected a string, found ']'")]
    [InlineData("if exists [\"a\", \"b\" { keep; }", "line 1, column 21: error: The string list is not closed: expected ',' or ']', found '{'")]
    [InlineData("require \"imap4flags\"; setflag;", "line 1, column 23: error: The command 'setflag' lacks its flags: expected a string list, found nothing")]
    [InlineData("keep\nstop", "line 2, column 1: error: The command 'keep' takes no test; a semicolon may be missing before it: expected ';', found 'stop'\n"
        + "line 2, column 5: error: The command 'keep' is not complete: expected ';' or a block, found the end of the script")]
    [InlineData("// keep all\nkeep;", "line 1, column 1: error: A comment to the end of the line begins with another sign: expected '#', found '//'")]
    [InlineData("if true;", "line 1, column 1: error: 'if' takes a block: expected '{', found ';'")]
    [InlineData("if anyof (true false) { keep; }", "line 1, column 16: error: The test 'true' takes no test; a comma may be missing before it: expected '{', ',' or ')', found 'false'")]
    [InlineData("require \"vacation\"; vacation text:\nGone\n", "line 1, column 30: error: The text that begins here never ends: expected a line with a dot alone")]
    [InlineData("redirect \"a@b.example;\nkeep;", "line 1, column 10: error: The string that begins here never ends: expected '\"'")]
    [InlineData("if header :contains 'subject' \"x\" { keep; }", "line 1, column 21: error: This is no part of the language outside of strings and comments: expected a string in double quotes, found \"'\"\n"
        + "line 1, column 22: error: The header names of the test 'header' are a string list: expected a string in double quotes, found 'subject'")]
    [InlineData("if header :contains subject \"x\" { keep; }", "line 1, column 21: error: The header names of the test 'header' are a string list: expected a string in double quotes, found 'subject'")]
    [InlineData("keep; @ @ @\n@", "line 1, column 7: error: This is no part of the language outside of strings and comments: found \"@\"\n"
        + "line 2, column 1: error: This is no part of the language outside of strings and comments: found \"@\"")]
    [InlineData("if true { keep; } else if false { discard; }", "line 1, column 24: error: 'else if' is written as one word: expected 'elsif' instead of 'else if', found 'if'")]
    public void OneMistakeIsOneMessage(string script, string errors) => Errors(script).ShouldBe(errors);

    // It may run as it is meant, but most likely does not
    [Theory]
    [InlineData("require \"imap4flags\"; setflag \"\\Seen\";", "line 1, column 32: warning: In a string '\\S' is the same as 'S'; '\\\\S' may be meant")]
    [InlineData("require \"regex\"; if header :regex \"a\" \"\\d+\\w\" { stop; }", "line 1, column 40: warning: In a string '\\d' is the same as 'd'; '\\\\d' may be meant")]
    [InlineData("if header \"a\" \"\\\"\\\\\\*\" { stop; }", "")]
    [InlineData("if header [\"To\", \"Subject:\"] \"a\" { stop; }", "line 1, column 4: warning: \"Subject:\" is no name of a header field, so no message has it")]
    [InlineData("if exists \"a b\" { stop; }", "line 1, column 4: warning: \"a b\" is no name of a header field, so no message has it")]
    [InlineData("require \"fileinto\"; fileinto \"\";", "line 1, column 30: warning: \"\" cannot be a mailbox: Mailbox name is empty")]
    [InlineData("require \"fileinto\"; fileinto \"a//b\";", "line 1, column 30: warning: \"a//b\" cannot be a mailbox: Mailbox name has an empty level")]
    [InlineData("require \"fileinto\"; fileinto \"a/b\";", "")]
    public void WhatMostLikelyDoesNotWhatItsAuthorWantsIsAWarning(string script, string warnings)
    {
        var compilation = Compile(script);
        compilation.IsOk.ShouldBeTrue();
        string.Join('\n', compilation.Diagnostics).ShouldBe(warnings);
    }

    [Theory]
    [InlineData("if header :contain \"a\" \"b\" { keep; }", "has no tag ':contain'; ':contains' may be meant")]
    [InlineData("if address :domian \"from\" \"b\" { keep; }", "has no tag ':domian'; ':domain' may be meant")]
    [InlineData("if header :comparater \"i;octet\" \"a\" \"b\" { keep; }", "has no tag ':comparater'; ':comparator' may be meant")]
    [InlineData("if header :xyz \"a\" \"b\" { keep; }", "has no tag ':xyz'")]
    [InlineData("require \"vacation\"; vacation :day 7 \"x\";", "has no tag ':day'; ':days' may be meant")]
    [InlineData("if true { keep; } elseif true { stop; }", "There is no command 'elseif'; 'elsif' may be meant")]
    [InlineData("if true { keep; } elif true { stop; }", "There is no command 'elif'; 'elsif' may be meant")]
    [InlineData("redirct \"a@b.example\";", "There is no command 'redirct'; 'redirect' may be meant")]
    [InlineData("if exist \"a\" { keep; }", "There is no test 'exist'; 'exists' may be meant")]
    [InlineData("foo;", "There is no command 'foo'")]
    [InlineData("require \"filinto\";", "There is no extension \"filinto\" here; \"fileinto\" may be meant")]
    [InlineData("require \"vnd.example.nothing\";", "There is no extension \"vnd.example.nothing\" here")]
    [InlineData("if header :comparator \"i;ascii-casemp\" \"a\" \"b\" { keep; }", "There is no comparator \"i;ascii-casemp\"; \"i;ascii-casemap\" may be meant")]
    [InlineData("require \"date\"; if date \"date\" \"yeer\" \"x\" { keep; }", "There is no date part \"yeer\"; \"year\" may be meant")]
    [InlineData("require \"relational\"; if header :value \"above\" \"a\" \"b\" { keep; }", "\"above\" cannot stand behind ':value': expected \"gt\", \"ge\", \"lt\", \"le\", \"eq\" or \"ne\"")]
    [InlineData("require \"envelope\"; if envelope \"sender\" \"x\" { keep; }", "There is no envelope part \"sender\": it is one of \"auth\", ")]
    public void WhatMayBeMeant(string script, string message) => Errors(script).ShouldMatch($"error: .*{System.Text.RegularExpressions.Regex.Escape(message)}($|\\n|\"to\"|\"bymode\")");

    // A line break in a string of the script is none in the message
    [Theory]
    [InlineData("require \"encoded-character\"; redirect \"${unicode:110000\n110000}\";", "'${unicode:110000  110000}' names no Unicode character")]
    [InlineData("require \"regex\"; if header :regex \"a\" \"[[:alpha\n:]]\" { stop; }", "there is no class '[:alpha  :]'")]
    public void AMessageIsOneLine(string script, string message) => Errors(script).ShouldContain(message);

    [Fact]
    public void AMessageAtRunTimeIsOneLine() =>
        Run("require \"ihave\"; error \"no\nmore\";").Error!.ToString().ShouldBe("line 1: no  more");

    // The basic example of draft-ietf-sieve-regex
    [Theory]
    [InlineData("To: me@company.com\nSubject: hello\n\n", false)]
    [InlineData("To: me+sieve@company.com\nSubject: hello\n\n", false)]
    [InlineData("To: others@company.com.example\nSubject: hello\n\n", true)]
    [InlineData("To: me@company.com\nSubject: MAKE MONEY FAST\n\n", true)]
    public void RegexOfTheDraft(string message, bool isDiscarded) => Outcome(
        """
        require "regex";

        # Try to catch unsolicited email.
        if anyof (
          # if a message is not to me (with optional +detail),
          not address :regex ["to", "cc", "bcc"]
            "me(\\+.*)?@company\\.com",

          # or the subject is all uppercase (no lowercase)
          header :regex :comparator "i;octet" "subject"
            "^[^[:lower:]]+$" ) {

          discard;  # junk it
        }
        """,
        message).ShouldBe(isDiscarded ? "discard" : "(keep)");
}

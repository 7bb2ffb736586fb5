using Sora.Contracts;
using Sora.Mime;

namespace Sora.Mailstore.Search;

/// <summary>The keys of many messages as the columns that were asked for.</summary>
internal sealed class MessageKeysBuilder
{
    private readonly MessageKeys _keys;

    public MessageKeysBuilder(int count, MessageKeyParts parts)
    {
        _keys = new MessageKeys
        {
            SentDates = Column<long>(count, parts, MessageKeyParts.SentDate),
            SentDays = Column<int>(count, parts, MessageKeyParts.SentDay),
            Subjects = Column<string>(count, parts, MessageKeyParts.Subject),
            AreReplies = Column<bool>(count, parts, MessageKeyParts.Subject),
            Froms = Column<string>(count, parts, MessageKeyParts.From),
            Tos = Column<string>(count, parts, MessageKeyParts.To),
            Ccs = Column<string>(count, parts, MessageKeyParts.Cc),
            DisplayFroms = Column<string>(count, parts, MessageKeyParts.DisplayFrom),
            DisplayTos = Column<string>(count, parts, MessageKeyParts.DisplayTo),
            MessageIds = Column<ulong>(count, parts, MessageKeyParts.Thread),
            References = Column<ulong[]>(count, parts, MessageKeyParts.Thread),
            Conversations = Column<ulong>(count, parts, MessageKeyParts.Conversation),
        };
    }

    public MessageKeys Keys => _keys;

    public void Set(int position, SortKeys keys)
    {
        Put(_keys.SentDates, position, keys.SentDate);
        Put(_keys.SentDays, position, keys.SentDay);
        Put(_keys.Subjects, position, keys.Subject);
        Put(_keys.AreReplies, position, keys.IsReply);
        Put(_keys.Froms, position, keys.From);
        Put(_keys.Tos, position, keys.To);
        Put(_keys.Ccs, position, keys.Cc);
        Put(_keys.DisplayFroms, position, keys.DisplayFrom);
        Put(_keys.DisplayTos, position, keys.DisplayTo);
        Put(_keys.MessageIds, position, keys.MessageId);
        Put(_keys.References, position, keys.References);
        Put(_keys.Conversations, position, ConversationOf(keys.MessageId, keys.References));
    }

    public void SetDates(int position, DateColumn column, int document)
    {
        Put(_keys.SentDates, position, column.Dates[document]);
        Put(_keys.SentDays, position, column.Days[document]);
    }

    public void SetTexts(int position, TextColumns columns, int document)
    {
        Put(_keys.AreReplies, position, columns.IsReply(document));
        Put(_keys.Subjects, position, columns.Text(document, 0));
        Put(_keys.Froms, position, columns.Text(document, 1));
        Put(_keys.Tos, position, columns.Text(document, 2));
        Put(_keys.Ccs, position, columns.Text(document, 3));
        Put(_keys.DisplayFroms, position, columns.Text(document, 4));
        Put(_keys.DisplayTos, position, columns.Text(document, 5));
    }

    public void SetThread(int position, ThreadColumn column, int document)
    {
        Put(_keys.MessageIds, position, column.Ids[document]);
        Put(_keys.References, position, column.References[document]);
        Put(_keys.Conversations, position, ConversationOf(column.Ids[document], column.References[document]));
    }

    private static ulong ConversationOf(ulong id, ulong[] references) => references.Length > 0 ? references[0] : id;

    private static T[] Column<T>(int count, MessageKeyParts parts, MessageKeyParts part) =>
        (parts & part) == MessageKeyParts.None ? [] : new T[count];

    private static void Put<T>(T[] column, int position, T value)
    {
        if (column.Length > 0)
            column[position] = value;
    }
}

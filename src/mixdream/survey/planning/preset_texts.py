"""Texts of the designs that mixdream brings along, in the languages that they are in."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from mixdream.errors import InputError
from mixdream.survey.design.texts import Text

LANGUAGES = ("en", "de")


def say(key: str, languages: Sequence[str], **values: str) -> Text:
    """Return a text in some languages: one text for one language, otherwise one for each.

    Parameters
    ----------
    key : str
    languages : sequence of str
    **values : str
        What its ``{names}`` stand for.

    Raises
    ------
    InputError
        A language that the texts are not in.

    Examples
    --------
    >>> say("none", ["en", "de"])
    {'en': 'None', 'de': 'Keine'}
    """
    for language in languages:
        if language not in LANGUAGES:
            raise InputError(
                f"the texts are in {' and '.join(LANGUAGES)}, got '{language}': take one of them and "
                "translate survey.yaml"
            )
    texts = {language: _TEXTS[key][language].format(**values) for language in languages}
    return next(iter(texts.values())) if len(texts) == 1 else texts


_TEXTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "title_thesis": {"en": "Which music is AI-generated?", "de": "Welche Musik ist von einer KI?"},
        "title_preference": {"en": "Which music do you prefer?", "de": "Welche Musik gefällt Ihnen besser?"},
        "title_mos": {"en": "How good does it sound?", "de": "Wie gut klingt es?"},
        "title_abx": {"en": "Can you hear a difference?", "de": "Hören Sie einen Unterschied?"},
        "consent": {
            "en": (
                "This is a listening test about music and computers. You will hear short pieces of "
                "electronic music and answer questions about them.\n\n"
                "Responsible for it, and for your questions: {contact}.\n\n"
                "Taking part is voluntary. You can stop at any time, without giving a reason and "
                "without any disadvantage: just close the page.\n\n"
                "Stored are your answers, how long you listened to each piece, how long you took, "
                "and when. Your name, e-mail address and internet address are not stored with them. "
                "One cookie lets you go on where you stopped. The answers are used for research and "
                "may be published in this form.\n\n"
                "You can have your answers deleted with your personal link, which the test shows "
                "you.\n\n"
                "Please take part only if you are 18 or older, and use headphones if you can. With "
                "the button below you agree to all of this."
            ),
            "de": (
                "Dies ist ein Hörtest über Musik und Computer. Sie hören kurze Stücke "
                "elektronischer Musik und beantworten Fragen dazu.\n\n"
                "Verantwortlich, auch für Ihre Fragen: {contact}.\n\n"
                "Die Teilnahme ist freiwillig. Sie können jederzeit ohne Angabe von Gründen und "
                "ohne Nachteile aufhören: Schließen Sie einfach die Seite.\n\n"
                "Gespeichert werden Ihre Antworten, wie lange Sie jedes Stück gehört haben, wie "
                "lange Sie gebraucht haben, und wann. Name, E-Mail-Adresse und Internetadresse "
                "werden nicht bei den Antworten gespeichert. Ein Cookie sorgt dafür, dass Sie dort "
                "weitermachen können, wo Sie aufgehört haben. Die Antworten dienen der Forschung "
                "und können in dieser Form veröffentlicht werden.\n\n"
                "Sie können Ihre Antworten mit Ihrem persönlichen Link löschen lassen, den der Test "
                "Ihnen zeigt.\n\n"
                "Bitte nehmen Sie nur teil, wenn Sie mindestens 18 Jahre alt sind, und benutzen Sie "
                "nach Möglichkeit Kopfhörer. Mit dem Knopf unten stimmen Sie alldem zu."
            ),
        },
        "volume": {
            "en": (
                "Play the clip and set your volume so that the music is comfortable to listen to. "
                "Please do not change it afterwards. Headphones and a quiet room help."
            ),
            "de": (
                "Spielen Sie den Ausschnitt ab und stellen Sie die Lautstärke so ein, dass die "
                "Musik angenehm zu hören ist. Bitte ändern Sie sie danach nicht mehr. Kopfhörer und "
                "ein ruhiger Raum helfen."
            ),
        },
        "withdrawal": {
            "en": (
                "You can have all your answers deleted. Follow the link and confirm; nothing of them is kept."
            ),
            "de": (
                "Sie können alle Ihre Antworten löschen lassen. Folgen Sie dem Link und bestätigen "
                "Sie; nichts davon wird aufbewahrt."
            ),
        },
        "done": {
            "en": "Thank you. Your answers are saved; you can close this page.",
            "de": "Vielen Dank. Ihre Antworten sind gespeichert; Sie können diese Seite schließen.",
        },
        # The thesis's question and its answers, word for word (4.7).
        "detect": {
            "en": "Which of the above, if any, sound like AI-generated?",
            "de": "Welche der obigen klingen, wenn überhaupt, wie von einer KI erzeugt?",
        },
        "option_1": {"en": "Option 1", "de": "Option 1"},
        "option_2": {"en": "Option 2", "de": "Option 2"},
        "none": {"en": "None", "de": "Keine"},
        "both": {"en": "Both", "de": "Beide"},
        "prefer": {"en": "Which of the two do you prefer?", "de": "Welches von beiden gefällt Ihnen besser?"},
        "no_preference": {"en": "No preference", "de": "Beide gleich"},
        "abx": {"en": "Which of the two is X: A or B?", "de": "Welches von beiden ist X: A oder B?"},
        # The steps are those of ITU-T P.800.
        "rate": {
            "en": "How good is the sound of this clip? 1 bad, 2 poor, 3 fair, 4 good, 5 excellent",
            "de": (
                "Wie gut ist der Klang dieses Ausschnitts? 1 schlecht, 2 dürftig, 3 ordentlich, 4 "
                "gut, 5 ausgezeichnet"
            ),
        },
        "rate_lowest": {"en": "Bad", "de": "Schlecht"},
        "rate_highest": {"en": "Excellent", "de": "Ausgezeichnet"},
        "rate_intro": {
            "en": (
                "Now you hear one clip at a time. Rate its sound, not the style of the music. At "
                "one of them you are asked instead how many tones you heard."
            ),
            "de": (
                "Sie hören nun einen Ausschnitt nach dem anderen. Bewerten Sie den Klang, nicht die "
                "Musikrichtung. Bei einem Ausschnitt werden Sie stattdessen gefragt, wie viele Töne "
                "Sie gehört haben."
            ),
        },
        "age": {"en": "How old are you?", "de": "Wie alt sind Sie?"},
        "no_answer": {"en": "Prefer not to say", "de": "Keine Angabe"},
        "older": {"en": "65 or older", "de": "65 oder älter"},
        "music": {
            "en": "What is your musical background?",
            "de": "Welche musikalische Vorbildung haben Sie?",
        },
        "music_none": {"en": "None", "de": "Keine"},
        "music_hobby": {
            "en": "I play, sing, produce or DJ as a hobby",
            "de": "Ich spiele, singe, produziere oder lege als Hobby auf",
        },
        "music_trained": {
            "en": "I had lessons or studied music for several years",
            "de": "Ich hatte mehrere Jahre Unterricht oder habe Musik studiert",
        },
        "music_professional": {"en": "I work in music", "de": "Ich arbeite mit Musik"},
        "familiar": {
            "en": "How familiar are you with AI-generated music?",
            "de": "Wie vertraut sind Sie mit von KI erzeugter Musik?",
        },
        "familiar_none": {"en": "Never heard of it", "de": "Nie davon gehört"},
        "familiar_heard": {
            "en": "I know of it, but have not knowingly listened to it",
            "de": "Ich weiß davon, habe aber nicht bewusst welche gehört",
        },
        "familiar_listened": {"en": "I have listened to it", "de": "Ich habe welche gehört"},
        "familiar_made": {"en": "I have made some myself", "de": "Ich habe selbst welche gemacht"},
        "often": {"en": "How often do you listen to music?", "de": "Wie oft hören Sie Musik?"},
        "often_daily": {"en": "Every day", "de": "Jeden Tag"},
        "often_weekly": {"en": "Several times a week", "de": "Mehrmals in der Woche"},
        "often_monthly": {"en": "Several times a month", "de": "Mehrmals im Monat"},
        "often_rarely": {"en": "Rarely or never", "de": "Selten oder nie"},
    }
)

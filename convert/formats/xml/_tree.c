/* Elements of a record that is plain XML, without the cost of an object for each of them.

   A Parser takes the bytes of one element and answers its root, or None where there is more to them than it knows: then
   libxml2 reads them. What it takes, libxml2 takes too, and gives the same (convert/formats/xml/plain.py says what is
   compared, tests/unit/test_xml_plain.py compares). It takes start and end tags, attributes, texts with the five
   entities and character references, CDATA sections; no comments, instructions or declarations, no namespaces declared
   inside the root element, no text beside elements. What names mean is left to a function, asked once for each.

   The tree is an array of nodes in document order. Nothing points back at it, so no reference ever goes round. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

enum { DEEPEST = 200, NAMES = 2048, SLOTS = 8192, LONGEST = 10000000, ATTRIBUTES = 64 };

typedef struct {
    const char *raw; /* in the bytes of `kept` */
    Py_ssize_t size;
    PyObject *kept, *tag;
} Name;

typedef struct {
    PyObject_HEAD
    PyObject *resolve;
    int inner; /* a default namespace may be declared inside the root: resolve does not care */
    Name names[NAMES];
    uint16_t slots[SLOTS]; /* 1 + the place in names; 0: none */
    int known;
} Parser;

typedef struct {
    int name, parent, first, next, children;
    int start, end;      /* of what stands inside */
    int attribute, some; /* the first of its attributes, and how many there are */
    int rough;           /* it is not to be taken as it stands: elements, entities, CDATA, carriage returns */
} Node;

typedef struct {
    int name, start, end, rough;
} Attribute;

typedef struct {
    PyObject_HEAD
    Parser *parser;
    PyObject *data, *owner;
    Node *nodes;
    Attribute *attributes;
    int count;
} Tree;

typedef struct {
    PyObject_HEAD
    Tree *tree;
    int at;
} Element;

static PyTypeObject ParserType, TreeType, ElementType;
static PyObject *EMPTY; /* "" */

/* ── Characters ──────────────────────────────────────────────────────────────────────────────── */

static const char ends_name[256] = {
    [' '] = 1, ['\n'] = 1, ['\t'] = 1, ['\r'] = 1, ['<'] = 1, ['>'] = 1, ['/'] = 1, ['='] = 1, ['"'] = 1, ['\''] = 1,
    ['&'] = 1, ['!'] = 1, ['?'] = 1,
};

static int blank(unsigned char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/* Whether eight bytes are ASCII without control characters; a line feed counts as one, the loop takes it. */
static int eight_plain(const unsigned char *at)
{
    uint64_t word;
    memcpy(&word, at, 8);
    return ((word | (word - 0x2020202020202020u)) & 0x8080808080808080u) == 0;
}

/* Whether these are characters of XML 1.0 in UTF-8. */
static int all_characters(const unsigned char *at, const unsigned char *end)
{
    while (at < end) {
        unsigned char c = *at;
        if (end - at >= 8 && eight_plain(at)) {
            at += 8;
            continue;
        }
        if (c < 0x80) {
            if (c < 0x20 && c != '\n' && c != '\t' && c != '\r') return 0;
            at++;
        } else if (c < 0xE0) {
            if (c < 0xC2 || end - at < 2 || (at[1] & 0xC0) != 0x80) return 0;
            at += 2;
        } else if (c < 0xF0) {
            if (end - at < 3 || (at[1] & 0xC0) != 0x80 || (at[2] & 0xC0) != 0x80) return 0;
            if ((c == 0xE0 && at[1] < 0xA0) || (c == 0xED && at[1] > 0x9F)) return 0;
            if (c == 0xEF && at[1] == 0xBF && at[2] > 0xBD) return 0; /* U+FFFE, U+FFFF */
            at += 3;
        } else {
            if (c > 0xF4 || end - at < 4 || (at[1] & 0xC0) != 0x80) return 0;
            if ((at[2] & 0xC0) != 0x80 || (at[3] & 0xC0) != 0x80) return 0;
            if ((c == 0xF0 && at[1] < 0x90) || (c == 0xF4 && at[1] > 0x8F)) return 0;
            at += 4;
        }
    }
    return 1;
}

static int is_character(long code)
{
    return code == 9 || code == 10 || code == 13 || (code >= 0x20 && code <= 0xD7FF) ||
           (code >= 0xE000 && code <= 0xFFFD) || (code >= 0x10000 && code <= 0x10FFFF);
}

/* The character of a reference at `at`, which is a `&`; `*after` is set behind it. 0: none that is known. */
static long referred(const char *at, const char *end, const char **after)
{
    static const struct { const char *name; int size; long code; } five[] = {
        {"&amp;", 5, '&'}, {"&lt;", 4, '<'}, {"&gt;", 4, '>'}, {"&quot;", 6, '"'}, {"&apos;", 6, '\''},
    };
    if (end - at > 3 && at[1] == '#') {
        int hex = at[2] == 'x';
        const char *digit = at + 2 + hex, *from = digit;
        long code = 0;
        for (; digit < end && *digit != ';'; digit++) {
            int value = *digit >= '0' && *digit <= '9' ? *digit - '0'
                        : hex && *digit >= 'a' && *digit <= 'f' ? *digit - 'a' + 10
                        : hex && *digit >= 'A' && *digit <= 'F' ? *digit - 'A' + 10 : -1;
            if (value < 0) return 0;
            code = code * (hex ? 16 : 10) + value;
            if (code > 0x10FFFF) return 0;
        }
        if (digit == end || digit == from || !is_character(code)) return 0;
        *after = digit + 1;
        return code;
    }
    for (int n = 0; n < 5; n++) {
        if (end - at >= five[n].size && memcmp(at, five[n].name, five[n].size) == 0) {
            *after = at + five[n].size;
            return five[n].code;
        }
    }
    return 0;
}

static const char *find(const char *at, const char *end, const char *what, size_t size)
{
    while (at + size <= end && (at = memchr(at, what[0], end - at - size + 1)) != NULL) {
        if (memcmp(at, what, size) == 0) return at;
        at++;
    }
    return NULL;
}

static char *put(char *to, long code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xC0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *to++ = (char)(0xE0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
        *to++ = (char)(0x80 | (code & 0x3F));
    } else {
        *to++ = (char)(0xF0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3F));
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
        *to++ = (char)(0x80 | (code & 0x3F));
    }
    return to;
}

/* The end of a well-formed tag that begins at `at`. */
static const char *tag_end(const char *at)
{
    for (; *at != '>'; at++)
        if (*at == '"' || *at == '\'') at = strchr(at + 1, *at);
    return at + 1;
}

/* What was found well-formed, as a string, tags left out. A character takes no more bytes than the reference to it. */
static PyObject *smooth(const char *at, const char *end, int attribute)
{
    char *made = PyMem_Malloc(end - at + 1), *to = made;
    if (made == NULL) return PyErr_NoMemory();
    while (at < end) {
        if (*at == '&') {
            const char *after = at + 1;
            to = put(to, referred(at, end, &after));
            at = after;
        } else if (*at == '<' && at[1] != '!') {
            at = tag_end(at);
        } else if (*at == '<') { /* <![CDATA[ */
            const char *inside = at + 9, *close = find(inside, end, "]]>", 3);
            for (at = inside; at < close; at++) {
                if (*at == '\r') {
                    *to++ = '\n';
                    at += at + 1 < close && at[1] == '\n';
                } else {
                    *to++ = *at;
                }
            }
            at = close + 3;
        } else if (*at == '\r') {
            *to++ = attribute ? ' ' : '\n';
            at += 1 + (at + 1 < end && at[1] == '\n');
        } else {
            *to++ = attribute && blank((unsigned char)*at) ? ' ' : *at;
            at++;
        }
    }
    PyObject *text = PyUnicode_DecodeUTF8(made, to - made, NULL);
    PyMem_Free(made);
    return text;
}

static PyObject *text_between(Tree *tree, int start, int end, int rough, int attribute)
{
    if (start == end) return Py_NewRef(EMPTY);
    const char *data = PyBytes_AS_STRING(tree->data);
    if (rough) return smooth(data + start, data + end, attribute);
    return PyUnicode_DecodeUTF8(data + start, end - start, NULL);
}

/* ── Parser ──────────────────────────────────────────────────────────────────────────────────── */

/* The number of a name, as `resolve` gave it: -1 where it gave None, -2 where it raised. */
static int number_of(Parser *self, const char *raw, Py_ssize_t size, int attribute)
{
    uint32_t hash = 2166136261u + (uint32_t)attribute;
    for (Py_ssize_t n = 0; n < size; n++) hash = (hash ^ (unsigned char)raw[n]) * 16777619u;
    uint32_t slot = (hash ^ hash >> 15) % SLOTS;
    for (; self->slots[slot]; slot = (slot + 1) % SLOTS) {
        Name *one = &self->names[self->slots[slot] - 1];
        if (one->size == size + attribute && memcmp(one->raw + attribute, raw, size) == 0 &&
            (one->raw[0] == '@') == attribute)
            return self->slots[slot] - 1;
    }
    if (self->known == NAMES) return -1;
    PyObject *kept = PyBytes_FromStringAndSize(NULL, size + attribute);
    if (kept != NULL) {
        PyBytes_AS_STRING(kept)[0] = '@';
        memcpy(PyBytes_AS_STRING(kept) + attribute, raw, size);
    }
    PyObject *name = kept ? PyUnicode_DecodeUTF8(PyBytes_AS_STRING(kept), PyBytes_GET_SIZE(kept), NULL) : NULL;
    PyObject *tag = name ? PyObject_CallOneArg(self->resolve, name) : NULL;
    Py_XDECREF(name);
    if (tag == NULL || !PyUnicode_CheckExact(tag)) {
        int raised = tag == NULL;
        Py_XDECREF(kept);
        Py_XDECREF(tag);
        return raised ? -2 : -1;
    }
    PyUnicode_InternInPlace(&tag);
    self->names[self->known] = (Name){PyBytes_AS_STRING(kept), size + attribute, kept, tag};
    self->slots[slot] = (uint16_t)(++self->known);
    return self->known - 1;
}

/* What one call of parse() works with. */
typedef struct {
    Parser *parser;
    const char *data, *at, *end;
    Node *nodes;
    Attribute *attributes;
    int count, room, some, space;
    int failed; /* an exception is set */
} Work;

static void *grown(void *block, int *room, size_t size)
{
    int more = *room ? *room * 2 : 256;
    void *made = PyMem_Realloc(block, more * size);
    if (made != NULL) *room = more;
    return made;
}

/* The end of a name at `at`. What names are made of is left to `resolve`. */
static const char *name_end(const char *at, const char *end)
{
    while (at < end && !ends_name[(unsigned char)*at]) at++;
    return at;
}

static int named(Work *work, const char *from, const char *to, int attribute)
{
    if (to == from || to - from > 1000 || *from == '@') return -1; /* @ is how resolve is told of attributes */
    int number = number_of(work->parser, from, to - from, attribute);
    work->failed = work->failed || number == -2;
    return number;
}

/* Whether the references of a text are known; -1 where the text cannot be taken. */
static int roughness(const char *at, const char *end)
{
    int rough = memchr(at, '\r', end - at) != NULL;
    for (const char *found = at; (found = memchr(found, '&', end - found)) != NULL; rough = 1)
        if (!referred(found, end, &found)) return -1;
    return rough;
}

/* One attribute at work->at; 0 where it cannot be taken. */
static int take_attribute(Work *work, Node *node)
{
    const char *from = work->at, *to = name_end(from, work->end), *at = to;
    while (at < work->end && blank((unsigned char)*at)) at++;
    if (at == work->end || *at++ != '=') return 0;
    while (at < work->end && blank((unsigned char)*at)) at++;
    if (at == work->end || (*at != '"' && *at != '\'')) return 0;
    const char *start = at + 1, *stop = memchr(start, *at, work->end - start);
    if (stop == NULL || memchr(start, '<', stop - start)) return 0;
    work->at = stop + 1;
    if (node->parent >= 0 && to - from >= 5 && memcmp(from, "xmlns", 5) == 0 && !(work->parser->inner && to - from == 5))
        return 0;
    int rough = roughness(start, stop), number = rough < 0 ? -1 : named(work, from, to, 1);
    if (number < 0 || node->some == ATTRIBUTES) return 0;
    for (const char *c = start; c < stop && !rough; c++) rough = blank((unsigned char)*c) && *c != ' ';
    for (int n = 0; n < node->some; n++)
        if (work->parser->names[work->attributes[node->attribute + n].name].tag == work->parser->names[number].tag)
            return 0;
    if (work->some == work->space) {
        Attribute *more = grown(work->attributes, &work->space, sizeof(Attribute));
        if (more == NULL) return PyErr_NoMemory(), work->failed = 1, 0;
        work->attributes = more;
    }
    work->attributes[work->some++] = (Attribute){number, (int)(start - work->data), (int)(stop - work->data), rough};
    node->some++;
    return 1;
}

/* A start tag at work->at, which is a `<`. The number of the node; -1 where it cannot be taken. */
static int take_start(Work *work, int parent, int *closed)
{
    const char *from = work->at + 1, *to = name_end(from, work->end);
    int number = named(work, from, to, 0);
    if (number < 0) return -1;
    if (work->count == work->room) {
        Node *more = grown(work->nodes, &work->room, sizeof(Node));
        if (more == NULL) return PyErr_NoMemory(), work->failed = 1, -1;
        work->nodes = more;
    }
    Node node = {.name = number, .parent = parent, .first = -1, .next = -1, .attribute = work->some};
    work->at = to;
    for (;;) {
        const char *before = work->at;
        while (work->at < work->end && blank((unsigned char)*work->at)) work->at++;
        if (work->at == work->end) return -1;
        if (*work->at == '>' || *work->at == '/') break;
        if (work->at == before || !take_attribute(work, &node)) return -1;
    }
    *closed = *work->at == '/';
    if (*closed && (++work->at == work->end || *work->at != '>')) return -1;
    work->at++;
    node.start = node.end = (int)(work->at - work->data);
    work->nodes[work->count] = node;
    return work->count++;
}

/* The end tag at work->at, which is a `</`, if it is that of the node. */
static int take_end(Work *work, const Node *node)
{
    const Name *name = &work->parser->names[node->name];
    const char *at = work->at + 2;
    if (work->end - at <= name->size || memcmp(at, name->raw, name->size) != 0) return 0;
    for (at += name->size; at < work->end && blank((unsigned char)*at); at++) {}
    if (at == work->end || *at != '>') return 0;
    work->at = at + 1;
    return 1;
}

/* The text at work->at up to the next tag: an element's own text, where it ends with it; else blanks only. */
static int take_text(Work *work, Node *node)
{
    const char *from = work->at, *at = from;
    int marked = 0, rough = 0;
    for (;;) {
        const char *less = memchr(at, '<', work->end - at);
        if (less == NULL || less + 1 == work->end || find(at, less, "]]>", 3)) return 0;
        int more = less > at ? roughness(at, less) : 0;
        if (more < 0) return 0;
        rough |= more;
        at = less;
        if (less[1] != '!') break;
        if (work->end - less < 12 || memcmp(less, "<![CDATA[", 9) != 0) return 0;
        const char *close = find(less + 9, work->end, "]]>", 3);
        if (close == NULL) return 0;
        marked = rough = 1;
        at = close + 3;
    }
    work->at = at;
    if (at[1] == '/' && node->first < 0) {
        node->start = (int)(from - work->data);
        node->end = (int)(at - work->data);
        node->rough = rough;
        return 1;
    }
    if (marked) return 0;
    while (from < at && blank((unsigned char)*from)) from++;
    return from == at;
}

/* Everything; 0 where it cannot be taken. */
static int take(Work *work)
{
    int last[DEEPEST], depth = 0, closed, here = take_start(work, -1, &closed);
    if (here < 0) return 0;
    if (closed) return work->at == work->end;
    last[0] = -1;
    for (;;) {
        if (!take_text(work, &work->nodes[here])) return 0;
        if (work->at[1] == '/') {
            if (work->nodes[here].children) {
                work->nodes[here].end = (int)(work->at - work->data);
                work->nodes[here].rough = 1;
            }
            if (!take_end(work, &work->nodes[here])) return 0;
            here = work->nodes[here].parent;
            if (here < 0) return work->at == work->end;
            depth--;
            continue;
        }
        int made = take_start(work, here, &closed);
        if (made < 0) return 0;
        if (last[depth] < 0) work->nodes[here].first = made;
        else work->nodes[last[depth]].next = made;
        last[depth] = made;
        work->nodes[here].children++;
        if (!closed) {
            if (++depth == DEEPEST) return 0;
            last[depth] = -1;
            here = made;
        }
    }
}

static PyObject *element(Tree *tree, int at)
{
    Element *made = PyObject_New(Element, &ElementType);
    if (made == NULL) return NULL;
    made->tree = (Tree *)Py_NewRef(tree);
    made->at = at;
    return (PyObject *)made;
}

static PyObject *parser_parse(Parser *self, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2 || !PyBytes_CheckExact(args[0])) {
        PyErr_SetString(PyExc_TypeError, "parse(data: bytes, owner)");
        return NULL;
    }
    const char *data = PyBytes_AS_STRING(args[0]);
    Py_ssize_t size = PyBytes_GET_SIZE(args[0]);
    if (size < 4 || size > LONGEST || *data != '<') Py_RETURN_NONE;
    if (!all_characters((const unsigned char *)data, (const unsigned char *)data + size)) Py_RETURN_NONE;
    Work work = {.parser = self, .data = data, .at = data, .end = data + size};
    Tree *tree = NULL;
    PyObject *root = NULL;
    if (take(&work) && (tree = PyObject_New(Tree, &TreeType)) != NULL) {
        tree->parser = (Parser *)Py_NewRef(self);
        tree->data = Py_NewRef(args[0]);
        tree->owner = Py_NewRef(args[1]);
        tree->nodes = work.nodes;
        tree->attributes = work.attributes;
        tree->count = work.count;
        root = element(tree, 0);
        Py_DECREF(tree);
        return root;
    }
    PyMem_Free(work.nodes);
    PyMem_Free(work.attributes);
    if (PyErr_Occurred()) return NULL;
    Py_RETURN_NONE;
}

static PyObject *parser_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *resolve;
    int inner = 0;
    if (!PyArg_ParseTuple(args, "O|p:Parser", &resolve, &inner)) return NULL;
    Parser *self = (Parser *)type->tp_alloc(type, 0); /* zeroed */
    if (self == NULL) return NULL;
    self->resolve = Py_NewRef(resolve);
    self->inner = inner;
    return (PyObject *)self;
}

static void parser_dealloc(Parser *self)
{
    Py_XDECREF(self->resolve);
    for (int n = 0; n < self->known; n++) {
        Py_DECREF(self->names[n].kept);
        Py_DECREF(self->names[n].tag);
    }
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static void tree_dealloc(Tree *self)
{
    PyMem_Free(self->nodes);
    PyMem_Free(self->attributes);
    Py_DECREF(self->parser);
    Py_DECREF(self->data);
    Py_DECREF(self->owner);
    PyObject_Free(self);
}

/* ── Element ─────────────────────────────────────────────────────────────────────────────────── */

static void element_dealloc(Element *self)
{
    Py_DECREF(self->tree);
    PyObject_Free(self);
}

static Node *node_of(Element *self) { return &self->tree->nodes[self->at]; }

static PyObject *tag_of(Tree *tree, int at) { return tree->parser->names[tree->nodes[at].name].tag; }

static PyObject *text_at(Tree *tree, int at)
{
    Node *node = &tree->nodes[at];
    return text_between(tree, node->start, node->end, node->rough, 0);
}

static PyObject *element_tag(Element *self, void *unused) { return Py_NewRef(tag_of(self->tree, self->at)); }

static PyObject *element_text(Element *self, void *unused)
{
    return node_of(self)->children ? Py_NewRef(EMPTY) : text_at(self->tree, self->at);
}

static PyObject *element_string(Element *self, PyObject *unused) { return text_at(self->tree, self->at); }

static PyObject *element_order(Element *self, void *unused) { return PyLong_FromLong(self->at); }

static PyObject *element_owner(Element *self, void *unused) { return Py_NewRef(self->tree->owner); }

static Py_ssize_t element_length(Element *self) { return node_of(self)->children; }

static PyObject *element_get(Element *self, PyObject *name)
{
    Node *node = node_of(self);
    for (int n = 0; n < node->some; n++) {
        Attribute *one = &self->tree->attributes[node->attribute + n];
        PyObject *tag = self->tree->parser->names[one->name].tag;
        int same = tag == name ? 1 : PyObject_RichCompareBool(tag, name, Py_EQ);
        if (same < 0) return NULL;
        if (same) return text_between(self->tree, one->start, one->end, one->rough, 1);
    }
    Py_RETURN_NONE;
}

static PyObject *element_getparent(Element *self, PyObject *unused)
{
    int parent = node_of(self)->parent;
    return parent < 0 ? Py_NewRef(Py_None) : element(self->tree, parent);
}

static PyObject *element_children(Element *self, PyObject *unused)
{
    PyObject *made = PyList_New(node_of(self)->children);
    if (made == NULL) return NULL;
    Py_ssize_t n = 0;
    for (int at = node_of(self)->first; at >= 0; at = self->tree->nodes[at].next) {
        PyObject *one = element(self->tree, at);
        if (one == NULL) {
            Py_DECREF(made);
            return NULL;
        }
        PyList_SET_ITEM(made, n++, one);
    }
    return made;
}

static PyObject *element_tags(Element *self, PyObject *unused)
{
    PyObject *made = PyTuple_New(node_of(self)->children);
    if (made == NULL) return NULL;
    Py_ssize_t n = 0;
    for (int at = node_of(self)->first; at >= 0; at = self->tree->nodes[at].next)
        PyTuple_SET_ITEM(made, n++, Py_NewRef(tag_of(self->tree, at)));
    return made;
}

/* What is wanted of a child: its text, itself, or itself opened. */
static PyObject *opened(Tree *tree, int at, PyObject *wanted);

static PyObject *taken(Tree *tree, int at, PyObject *below)
{
    if (below == Py_None) return tree->nodes[at].children ? element(tree, at) : text_at(tree, at);
    if (PyDict_Check(below) && PyDict_GET_SIZE(below)) return opened(tree, at, below);
    return element(tree, at);
}

static PyObject *opened(Tree *tree, int at, PyObject *wanted)
{
    PyObject *found = PyDict_New(), *one = found ? element(tree, at) : NULL;
    if (one == NULL || PyDict_SetItem(found, EMPTY, one) < 0) goto failed;
    Py_CLEAR(one);
    for (int child = tree->nodes[at].first; child >= 0; child = tree->nodes[child].next) {
        PyObject *tag = tag_of(tree, child), *below = PyDict_GetItemWithError(wanted, tag);
        if (below == NULL) {
            if (PyErr_Occurred()) goto failed;
            continue;
        }
        one = taken(tree, child, below);
        if (one == NULL) goto failed;
        PyObject *list = PyDict_GetItemWithError(found, tag);
        if (list != NULL) {
            if (PyList_Append(list, one) < 0) goto failed;
            Py_CLEAR(one);
        } else {
            list = PyErr_Occurred() ? NULL : PyList_New(1);
            if (list == NULL) goto failed;
            PyList_SET_ITEM(list, 0, one);
            one = NULL;
            int put_in = PyDict_SetItem(found, tag, list);
            Py_DECREF(list);
            if (put_in < 0) goto failed;
        }
    }
    return found;
failed:
    Py_XDECREF(one);
    Py_XDECREF(found);
    return NULL;
}

static PyObject *element_opened(Element *self, PyObject *wanted)
{
    if (!PyDict_Check(wanted)) {
        PyErr_SetString(PyExc_TypeError, "opened(wanted: dict)");
        return NULL;
    }
    return opened(self->tree, self->at, wanted);
}

/* ── The module ──────────────────────────────────────────────────────────────────────────────── */

static PyMethodDef parser_methods[] = {
    {"parse", (PyCFunction)(void (*)(void))parser_parse, METH_FASTCALL, "The root of a plain element, or None."},
    {NULL},
};

static PyMethodDef element_methods[] = {
    {"get", (PyCFunction)element_get, METH_O, "An attribute's text, or None."},
    {"getparent", (PyCFunction)element_getparent, METH_NOARGS, "The element around it, or None."},
    {"children", (PyCFunction)element_children, METH_NOARGS, "Its children."},
    {"string", (PyCFunction)element_string, METH_NOARGS, "Its text, and that of all elements inside."},
    {"tags", (PyCFunction)element_tags, METH_NOARGS, "The names of its children."},
    {"opened", (PyCFunction)element_opened, METH_O, "Its children by name, as far as they are wanted."},
    {NULL},
};

static PyGetSetDef element_attributes[] = {
    {"tag", (getter)element_tag, NULL, "Its name, as resolve gave it.", NULL},
    {"text", (getter)element_text, NULL, "Its text, where no elements stand inside.", NULL},
    {"order", (getter)element_order, NULL, "Its number in document order, from 0.", NULL},
    {"owner", (getter)element_owner, NULL, "What parse() was given with the data.", NULL},
    {NULL},
};

static PySequenceMethods element_sequence = {.sq_length = (lenfunc)element_length};

static PyTypeObject ParserType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "convert.formats.xml._tree.Parser",
    .tp_basicsize = sizeof(Parser),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Parser(resolve, inner=False): resolve gives the full name for one as it is written (an attribute's behind\n"
              "@), or None. inner: default namespaces may be declared inside the root.",
    .tp_new = parser_new,
    .tp_dealloc = (destructor)parser_dealloc,
    .tp_methods = parser_methods,
};

static PyTypeObject TreeType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "convert.formats.xml._tree.Tree",
    .tp_basicsize = sizeof(Tree),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_dealloc = (destructor)tree_dealloc,
};

static PyTypeObject ElementType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "convert.formats.xml._tree.Element",
    .tp_basicsize = sizeof(Element),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = "An element of a plain record: to be read only.",
    .tp_dealloc = (destructor)element_dealloc,
    .tp_as_sequence = &element_sequence,
    .tp_methods = element_methods,
    .tp_getset = element_attributes,
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_tree", "Elements of plain records.", -1, NULL};

PyMODINIT_FUNC PyInit__tree(void)
{
    PyObject *made = NULL;
    if (PyType_Ready(&ParserType) < 0 || PyType_Ready(&TreeType) < 0 || PyType_Ready(&ElementType) < 0) return NULL;
    EMPTY = PyUnicode_InternFromString("");
    if (EMPTY == NULL || (made = PyModule_Create(&module)) == NULL) return NULL;
    if (PyModule_AddObjectRef(made, "Parser", (PyObject *)&ParserType) < 0 ||
        PyModule_AddObjectRef(made, "Element", (PyObject *)&ElementType) < 0) {
        Py_DECREF(made);
        return NULL;
    }
    return made;
}
